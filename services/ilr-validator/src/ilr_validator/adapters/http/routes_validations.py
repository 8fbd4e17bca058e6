"""Endpoints of validations: send a file, follow it, stop it, fetch its reports."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from ilr_validator.adapters.http.dependencies import (
    Means,
    MeansDep,
    note_read,
    sees_learners,
    validation_of,
)
from ilr_validator.adapters.http.file_name import file_name_of
from ilr_validator.adapters.http.schemas import ReturnName, ValidationOut
from ilr_validator.adapters.storage.vault import pieces, reports_folder
from ilr_validator.application.cancel_validation import cancel_validation as cancel
from ilr_validator.application.receive_validation import Sent
from ilr_validator.domain.validation import Validation
from matricula_chassis.audit import ActionContext
from matricula_chassis.auth import Principal, provider_of, requires
from matricula_chassis.errors import DomainError, Forbidden, NotFound
from matricula_chassis.http import (
    STREAMS_BODY,
    EventSourceResponse,
    Page,
    ServerSentEvent,
    cursor_after,
    cursor_key,
    decode_cursor,
    etag_of,
    problem_document,
    problem_responses,
    progress_events,
)

router = APIRouter(tags=["validations"])
FILE_TYPES: Final = (
    "application/xml",
    "text/xml",
    "application/zip",
    "application/octet-stream",
)
REPORTS: Final = {
    "violations.csv": "text/csv",
    "summary.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "summary.json": "application/json",
    "errors.json": "application/json",
    "messages.json": "application/json",
    "not-run.csv": "text/csv",
    "schema-errors.csv": "text/csv",
    "report.zip": "application/zip",
    "valid.xml": "application/xml",
}
IMPERSONAL: Final = frozenset({"summary.json", "not-run.csv"})
"""Counts and codes alone: also for those who may not see learners."""
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
_FILE_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "An ILR file: XML, or a zip that holds one.",
        "content": dict.fromkeys(FILE_TYPES, _BINARY),
    }
}


def _media_type(request: Request) -> None:
    name = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if name not in FILE_TYPES:
        raise DomainError("unsupported-media-type")


@router.post(
    "/v1/validations",
    status_code=202,
    tags=[STREAMS_BODY],
    responses={
        200: {"model": ValidationOut, "description": "The same file was sent before."},
        **problem_responses(400, 413, 415, 422),
    },
    openapi_extra=_FILE_BODY,
)
async def create_validation(
    request: Request,
    response: Response,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("create_validation"))],
    return_name: Annotated[
        ReturnName | None, Query(description="By default the return of the file's date.")
    ] = None,
    content_disposition: Annotated[
        str | None,
        Header(
            description='attachment; filename="ILR-…": the official rules judge the name as well.',
            json_schema_extra={
                "x-required": True,
                "pattern": r'^attachment; filename="[A-Za-z0-9_-]{1,80}\.(xml|zip)"$',
            },
        ),
    ] = None,
) -> ValidationOut:
    """Send a file to be validated. The same file for the same return is validated once (200)."""
    _media_type(request)
    sent = Sent(
        ukprn=provider_of(principal),
        requested_by=principal.subject,
        file_name=file_name_of(content_disposition),
        return_name=return_name,
        chunks=request.stream(),
    )
    one, is_new = await means.receive(sent, ActionContext.from_principal(principal))
    response.headers["Location"] = f"/v1/validations/{one.validation_id}"
    if not is_new:
        response.status_code = 200
    return _shown(request, means, one)


@router.get("/v1/validations", responses=problem_responses(400))
async def list_validations(
    request: Request,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("list_validations"))],
    cursor: Annotated[str | None, Query(max_length=512)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Page[ValidationOut]:
    """List the validations of the provider, the newest first."""
    secret = cursor_key(means.cursor_secret, listing="validations")
    after = None
    if cursor is not None:
        at, validation_id = decode_cursor(cursor, key=secret)
        after = (datetime.fromisoformat(str(at)), UUID(str(validation_id)))
    async with means.work(ActionContext.from_principal(principal)) as work:
        found = await work.validations.page(
            ukprn=provider_of(principal), after=after, limit=limit + 1
        )
    following = cursor_after(
        found, limit, lambda one: [one.received_at.isoformat(), str(one.validation_id)], key=secret
    )
    return Page(items=[_shown(request, means, one) for one in found[:limit]], next=following)


@router.get("/v1/validations/{validation_id}", responses=problem_responses(404))
async def get_validation(
    validation_id: UUID,
    request: Request,
    response: Response,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("get_validation"))],
) -> ValidationOut:
    """Return a validation: how far it is, or what came out."""
    one = await validation_of(means, principal, validation_id)
    response.headers["ETag"] = etag_of(one.version)
    return _shown(request, means, one)


async def _existing(
    validation_id: UUID,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("stream_validation_progress"))],
) -> Principal:
    await validation_of(means, principal, validation_id)
    return principal


@router.get(
    "/v1/validations/{validation_id}/events",
    response_class=EventSourceResponse,
    responses=problem_responses(404),
)
async def stream_validation_progress(
    validation_id: UUID,
    request: Request,
    means: MeansDep,
    principal: Annotated[Principal, Depends(_existing)],
) -> AsyncIterator[ServerSentEvent]:
    """Follow a validation by server-sent events until it has ended."""

    async def snapshot() -> ValidationOut:
        return _shown(request, means, await validation_of(means, principal, validation_id))

    async for event in progress_events(
        request, snapshot, is_final=lambda shown: shown.ended_at is not None
    ):
        yield event


@router.post("/v1/validations/{validation_id}/cancellation", responses=problem_responses(404, 409))
async def cancel_validation(
    validation_id: UUID,
    request: Request,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("cancel_validation"))],
) -> ValidationOut:
    """Stop a validation; what was found so far is dropped. Stopping twice is stopping once."""
    async with means.work(ActionContext.from_principal(principal)) as work:
        one = await cancel(
            validation_id, ukprn=provider_of(principal), work=work, clock=means.clock
        )
    return _shown(request, means, one)


@router.get(
    "/v1/validations/{validation_id}/reports/{kind}",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The report.",
            "content": {
                kind: {} if kind == "application/json" else _BINARY
                for kind in sorted(set(REPORTS.values()))
            },
        },
        **problem_responses(404),
    },
)
async def get_validation_report(
    validation_id: UUID,
    kind: str,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("get_validation_report"))],
) -> StreamingResponse:
    """Fetch a report; `reports` of the validation lists the kinds. Most name learners."""
    if kind not in IMPERSONAL and not sees_learners(means, principal):
        raise Forbidden("forbidden", reason="names_learners")
    async with means.work(ActionContext.from_principal(principal)) as work:
        one = await work.validations.get(validation_id, ukprn=provider_of(principal))
        if kind not in one.report_kinds or one.wrapped_key is None or one.report_folder is None:
            raise NotFound("report-not-found", validation_id=str(validation_id))
        folder = means.vault.folder(validation_id, one.wrapped_key)
        try:
            reader = folder.reader(f"{reports_folder(one.report_folder)}/{kind}")
        except FileNotFoundError:
            raise NotFound("report-not-found", validation_id=str(validation_id)) from None
        note_read(
            work,
            principal,
            means,
            operation="get_validation_report",
            resource_type="validation",
            resource_id=validation_id,
            rows=one.learners or 0,
        )
    return StreamingResponse(
        pieces(reader),
        media_type=REPORTS[kind],
        headers={
            "Content-Disposition": f'attachment; filename="{kind}"',
            "Content-Length": str(reader.size),
            "Cache-Control": "private, no-store",
        },
    )


def _shown(request: Request, means: Means, one: Validation) -> ValidationOut:
    name = None
    if one.wrapped_key is not None and one.sealed_file_name is not None:
        name = means.vault.open_name(one.validation_id, one.wrapped_key, one.sealed_file_name)
    problem = None
    if one.problem is not None:
        kind = request.app.state.problems.kind(one.problem, default_status=422)
        problem = problem_document(kind, correlation_id=None)
    return ValidationOut.of(one, now=means.clock.now(), file_name=name, problem=problem)
