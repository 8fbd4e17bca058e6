"""Endpoints of a submission's records: see them, settle the quarantine, fetch the outcomes."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse

from learner_api.adapters.http.dependencies import (
    Means,
    MeansDep,
    note_read,
    submission_of,
    visible_part,
)
from learner_api.adapters.http.schemas import (
    MissingOut,
    RecordOut,
    RecordPatch,
    RecordWithData,
    RejectionIn,
)
from learner_api.application.correct_record import CorrectRecord
from learner_api.application.correct_record import correct_record as correct
from learner_api.application.reject_record import RejectRecord
from learner_api.application.reject_record import reject_record as reject
from learner_api.domain.staged import StagedRecord
from learner_api.domain.submission import Reason, RecordState
from matricula_chassis.audit import ActionContext
from matricula_chassis.auth import Principal, provider_of, requires
from matricula_chassis.db.idempotency import IdempotencyKey, StoredOutcome
from matricula_chassis.http import (
    Page,
    cursor_after,
    cursor_key,
    decode_cursor,
    etag_of,
    idempotency_key,
    if_match,
)

router = APIRouter(tags=["submissions"])
MAX_PAGE: Final = 500
STREAM_PAGE: Final = 2_000


@router.get("/v1/submissions/{submission_id}/records")
async def list_submission_records(
    submission_id: UUID,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("list_submission_records"))],
    state: Annotated[RecordState | None, Query()] = None,
    reason: Annotated[Reason | None, Query()] = None,
    cursor: Annotated[str | None, Query(max_length=512)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> Page[RecordOut]:
    """List a submission's records in file order, by state and by reason, without their data."""
    secret = cursor_key(means.cursor_secret, listing="records")
    after = None if cursor is None else int(decode_cursor(cursor, key=secret)[0])
    await submission_of(means, principal, submission_id)
    async with means.work(ActionContext.from_principal(principal)) as work:
        found = await work.staging.page(
            submission_id, after=after, limit=limit + 1, state=state, reason=reason
        )
    following = cursor_after(found, limit, lambda one: [one.position], key=secret)
    return Page(items=[RecordOut.of(one) for one in found[:limit]], next=following)


@router.get("/v1/submissions/{submission_id}/records/{record_id}")
async def get_submission_record(
    submission_id: UUID,
    record_id: UUID,
    response: Response,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("get_submission_record"))],
) -> RecordWithData:
    """Return one record with its data, as far as the caller may see it. The read is recorded."""
    await submission_of(means, principal, submission_id)
    async with means.work(ActionContext.from_principal(principal)) as work:
        one = await work.staging.one(submission_id, record_id)
        note_read(
            work,
            principal,
            means,
            operation="get_submission_record",
            resource_type="staged_record",
            resource_id=record_id,
            rows=1,
        )
    response.headers["ETag"] = etag_of(one.version)
    return _with_data(one, means, principal)


@router.patch("/v1/submissions/{submission_id}/records/{record_id}")
async def correct_record(
    submission_id: UUID,
    record_id: UUID,
    body: RecordPatch,
    response: Response,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("correct_record"))],
    version: Annotated[int, Depends(if_match)],
) -> RecordWithData:
    """Correct a record in quarantine by a JSON merge patch; it is checked again, whole."""
    command = CorrectRecord(
        submission_id=submission_id,
        record_id=record_id,
        ukprn=provider_of(principal),
        version=version,
        patch=body.data,
    )
    async with means.work(ActionContext.from_principal(principal)) as work:
        one = await correct(command, work=work, indexes=means.indexes)
    response.headers["ETag"] = etag_of(one.version)
    return _with_data(one, means, principal)


@router.post("/v1/submissions/{submission_id}/records/{record_id}/rejection", status_code=204)
async def reject_record(
    submission_id: UUID,
    record_id: UUID,
    body: RejectionIn,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("reject_record"))],
    key: Annotated[IdempotencyKey, Depends(idempotency_key)],
) -> None:
    """Reject a record in quarantine. Rejecting one of two duplicates releases the other."""
    command = RejectRecord(
        submission_id=submission_id,
        record_id=record_id,
        ukprn=provider_of(principal),
        actor=principal.subject,
        reason=body.reason,
    )
    async with means.work(ActionContext.from_principal(principal)) as work:
        if await work.replay_or_claim(key) is None:
            await reject(command, work=work, clock=means.clock)
            await work.store_outcome(
                StoredOutcome(status=204, resource_id=str(record_id), etag=None, location=None)
            )


@router.get("/v1/submissions/{submission_id}/outcomes", response_class=StreamingResponse)
async def list_submission_outcomes(
    submission_id: UUID,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("list_submission_outcomes"))],
) -> StreamingResponse:
    """Stream what became of every record, in file order, as NDJSON."""
    await submission_of(means, principal, submission_id)

    async def lines() -> AsyncIterator[bytes]:
        async for one in _all_records(means, principal, submission_id):
            yield orjson.dumps(
                {
                    "position": one.position,
                    "learn_ref_number": one.learn_ref_number,
                    "outcome": _outcome(one),
                    "state": one.state,
                    "reasons": one.reasons,
                },
                option=orjson.OPT_APPEND_NEWLINE,
            )

    return StreamingResponse(lines(), media_type="application/x-ndjson")


@router.get("/v1/submissions/{submission_id}/errors", response_class=StreamingResponse)
async def get_submission_errors(
    submission_id: UUID,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("get_submission_errors"))],
) -> StreamingResponse:
    """Stream what is wrong with each quarantined record as CSV: one line for each fault."""
    await submission_of(means, principal, submission_id)

    async def lines() -> AsyncIterator[str]:
        yield _csv_line(["position", "learn_ref_number", "reason", "field", "code", "message"])
        async for one in _all_records(
            means, principal, submission_id, state=RecordState.QUARANTINED
        ):
            explained = {fault["reason"] for fault in one.faults}
            for fault in one.faults:
                yield _csv_line(
                    [
                        one.position,
                        one.learn_ref_number,
                        fault["reason"],
                        fault["pointer"],
                        fault["code"],
                        fault["message"],
                    ]
                )
            for reason in one.reasons:
                if reason not in explained:
                    yield _csv_line([one.position, one.learn_ref_number, reason, "", reason, ""])

    return StreamingResponse(lines(), media_type="text/csv")


@router.get("/v1/submissions/{submission_id}/missing")
async def list_missing(
    submission_id: UUID,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("list_missing"))],
    cursor: Annotated[str | None, Query(max_length=512)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> Page[MissingOut]:
    """List live learners whom the file does not name. An absence changes nothing by itself."""
    secret = cursor_key(means.cursor_secret, listing="missing")
    after = None if cursor is None else str(decode_cursor(cursor, key=secret)[0])
    one = await submission_of(means, principal, submission_id)
    async with means.work(ActionContext.from_principal(principal)) as work:
        found = await work.staging.absent_learners(
            submission_id, ukprn=one.ukprn, after=after, limit=limit + 1
        )
    following = cursor_after(found, limit, lambda row: [row[0]], key=secret)
    return Page(
        items=[MissingOut(learner_id=row[1], learn_ref_number=row[0]) for row in found[:limit]],
        next=following,
    )


async def _all_records(
    means: Means, principal: Principal, submission_id: UUID, *, state: str | None = None
) -> AsyncIterator[StagedRecord]:
    after: int | None = None
    while True:
        async with means.work(ActionContext.from_principal(principal)) as work:
            page = await work.staging.page(
                submission_id, after=after, limit=STREAM_PAGE, state=state
            )
        for one in page:
            yield one
        if len(page) < STREAM_PAGE:
            return
        after = page[-1].position


def _with_data(one: StagedRecord, means: Means, principal: Principal) -> RecordWithData:
    data, withheld = visible_part(one.data, policy=means.policy, principal=principal)
    return RecordWithData.of(one, data=data, withheld=withheld)  # type: ignore[return-value]


def _outcome(one: StagedRecord) -> Literal["accepted", "quarantined"]:
    return "quarantined" if one.reasons else "accepted"


def _csv_line(cells: list[Any]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue()
