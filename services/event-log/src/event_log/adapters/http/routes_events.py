"""Search, read and prove sealed events; ask which are sealed."""

import re
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import PlainTextResponse
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from event_log.adapters.http.dependencies import MeansDep, visible_to
from event_log.adapters.http.schemas import (
    EventDetail,
    EventPage,
    EventSummary,
    SealedAnswer,
    SealedQuestion,
)
from event_log.application.read_log import (
    confirm_sealed as confirm_sealed_events,
)
from event_log.application.read_log import (
    latest_checkpoint,
    read_event,
    search_log,
)
from event_log.application.read_log import prove_event as prove_sealed_event
from event_log.domain.events import EventFilter
from matricula_chassis.audit import ActionContext
from matricula_chassis.auth import Principal, requires
from matricula_chassis.errors import Invalid
from matricula_chassis.http import decode_cursor, encode_cursor, problem_responses

router = APIRouter(tags=["events"])

Identifier = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]*$", max_length=128)
]
_TEXT: Final = "text/plain; charset=utf-8"
_RFC_3339: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


def _spelled_out(value: object) -> object:
    # pydantic would also take a number for a time, and nobody could tell seconds from milliseconds
    if not isinstance(value, str) or _RFC_3339.fullmatch(value) is None:
        raise ValueError("not an RFC 3339 time")
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_spelled_out)]


class SearchParameters(BaseModel):
    """What to search for; every parameter narrows the search."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: Identifier | None = Field(
        default=None, description="Aggregate, or pseudonym of the person concerned."
    )
    actor: Identifier | None = Field(default=None, description="Pseudonym of who acted.")
    client: Identifier | None = Field(default=None, description="OAuth client that was used.")
    action: Identifier | None = Field(default=None, examples=["learner:recorded"])
    type: Identifier | None = Field(default=None, examples=["learning.learner.recorded.v1"])
    correlation_id: Identifier | None = None
    purpose: Identifier | None = Field(default=None, examples=["ilr_return"])
    outcome: Identifier | None = Field(default=None, examples=["denied"])
    from_time: Instant | None = Field(default=None, description="Events at or after.")
    to_time: Instant | None = Field(default=None, description="Events before.")
    as_of: int | None = Field(
        default=None, ge=0, lt=2**63, description="Search the log as it was at this size."
    )
    limit: int = Field(default=50, ge=1, le=500)
    cursor: str | None = Field(default=None, max_length=512, description="`next` of a page.")


@router.get("/v1/events", responses=problem_responses(400, 422), summary="Search sealed events")
async def search_events(
    parameters: Annotated[SearchParameters, Query()],
    principal: Annotated[Principal, Depends(requires("search_events"))],
    means: MeansDep,
) -> EventPage:
    """Find sealed events in log order.

    All pages of a search run against one size of the log, so nothing appears twice or is missed
    while the log grows. What you may see depends on your role; the search itself is recorded.
    """
    after, as_of = _place(parameters, means.cursor_key)
    found = await search_log(
        means.open_unit(ActionContext.from_principal(principal)),
        visible_to(principal),
        wanted=_filter(parameters),
        after=after,
        as_of=as_of,
        limit=parameters.limit,
    )
    mark = None
    if found.next_after is not None:
        mark = encode_cursor([found.size, found.next_after], key=means.cursor_key)
    items = [EventSummary.of(event) for event in found.events]
    return EventPage(items=items, next=mark, as_of=found.size)


@router.get(
    "/v1/events/{event_id}", responses=problem_responses(404), summary="Read one sealed event"
)
async def get_event(
    event_id: UUID,
    principal: Annotated[Principal, Depends(requires("get_event"))],
    means: MeansDep,
) -> EventDetail:
    """Give one sealed event with the exact text that was sealed."""
    unit = means.open_unit(ActionContext.from_principal(principal))
    return EventDetail.of(await read_event(unit, visible_to(principal), event_id))


@router.get(
    "/v1/events/{event_id}/proof",
    response_class=PlainTextResponse,
    responses=problem_responses(404),
    summary="Prove that an event is in the log",
)
async def prove_event(
    event_id: UUID,
    principal: Annotated[Principal, Depends(requires("prove_event"))],
    means: MeansDep,
) -> PlainTextResponse:
    """Give the event's inclusion proof under the newest checkpoint, as a C2SP tlog-proof file."""
    unit = means.open_unit(ActionContext.from_principal(principal))
    proof = await prove_sealed_event(unit, visible_to(principal), event_id)
    return PlainTextResponse(proof, media_type=_TEXT)


@router.get(
    "/v1/checkpoint", response_class=PlainTextResponse, summary="Read the newest checkpoint"
)
async def get_checkpoint(
    principal: Annotated[Principal, Depends(requires("get_checkpoint"))], means: MeansDep
) -> PlainTextResponse:
    """Give the newest signed checkpoint, as a C2SP signed note. Keep it: it is your witness.

    Size and root say nothing about anybody, and recording each look would grow the log for ever.
    """
    async with means.open_unit(ActionContext.from_principal(principal)) as unit:
        _size, note = await latest_checkpoint(unit)
    return PlainTextResponse(note, media_type=_TEXT)


@router.post("/v1/sealed", summary="Ask which events are sealed")
async def confirm_sealed(
    question: SealedQuestion,
    principal: Annotated[Principal, Depends(requires("confirm_sealed"))],
    means: MeansDep,
) -> SealedAnswer:
    """Say which of these events are sealed under a signed checkpoint. For other services only.

    It changes nothing, so it needs no Idempotency-Key: a service asks before it forgets an event.
    """
    unit = means.open_unit(ActionContext.from_principal(principal))
    sealed, size = await confirm_sealed_events(unit, question.event_ids)
    return SealedAnswer(sealed=[one for one in question.event_ids if one in sealed], size=size)


def _filter(parameters: SearchParameters) -> EventFilter:
    return EventFilter(
        subject=parameters.subject,
        actor=parameters.actor,
        client=parameters.client,
        action=parameters.action,
        type=parameters.type,
        correlation=parameters.correlation_id,
        purpose=parameters.purpose,
        outcome=parameters.outcome,
        from_time=parameters.from_time,
        to_time=parameters.to_time,
    )


def _place(parameters: SearchParameters, key: bytes) -> tuple[int, int | None]:
    """Return the position to go on after, and the size that the search keeps to."""
    if parameters.cursor is None:
        return -1, parameters.as_of
    match decode_cursor(parameters.cursor, key=key):
        case (int(size), int(after)) if parameters.as_of in (None, size):
            return after, size
        case _:
            raise Invalid("invalid-cursor")
