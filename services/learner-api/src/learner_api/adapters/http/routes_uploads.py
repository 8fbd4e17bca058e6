"""Endpoints of resumable uploads: tus 1.0.0 core, with creation, termination and expiration.

The protocol has its own status codes and headers; only its rules are here (see the ADR on resumable
uploads). A finished upload answers 202 with the address of its submission.
"""

from datetime import timedelta
from email.utils import format_datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response

from learner_api.adapters.http.dependencies import MeansDep, sender_of
from learner_api.adapters.http.routes_submissions import FILE_TYPES
from learner_api.adapters.http.tus import TUS_VERSION, announced_size, media_type, upload_offset
from learner_api.application.receive_upload import Received
from matricula_chassis.audit import ActionContext
from matricula_chassis.auth import Principal, requires
from matricula_chassis.errors import DomainError
from matricula_chassis.http import STREAMS_BODY, authenticated, problem_responses

router = APIRouter(tags=["uploads"])
UNFINISHED_FOR: Final = timedelta(days=1)
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/offset+octet-stream": {"schema": {"type": "string", "format": "binary"}}
        },
    }
}


async def _speaks_tus(
    request: Request,
    version: Annotated[
        str | None,
        Header(
            alias="Tus-Resumable",
            description="The version of the protocol.",
            json_schema_extra={"x-required": True, "pattern": r"^1\.0\.0$"},
        ),
    ] = None,
) -> None:
    # Who asks comes first: a stranger learns nothing about what is spoken here.
    await authenticated(request)
    if version != TUS_VERSION:
        raise DomainError("upload-version-unsupported")


TusDep = Depends(_speaks_tus)


def _bytes_header(name: str, meaning: str) -> Any:
    # Documents the header; `tus` reads it and says what is wrong with it.
    return Header(
        alias=name,
        description=meaning,
        json_schema_extra={"x-required": True, "pattern": "^[0-9]{1,18}$"},
    )


UploadLength = Annotated[str | None, _bytes_header("Upload-Length", "The file's size in bytes.")]
UploadOffset = Annotated[
    str | None, _bytes_header("Upload-Offset", "How many bytes are stored already.")
]


@router.options("/v1/uploads", status_code=204)
async def describe_uploads(
    response: Response,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("describe_uploads"))],
) -> None:
    """Say which tus version and extensions are spoken, and how large a file may be."""
    del principal
    response.headers["Tus-Resumable"] = TUS_VERSION
    response.headers["Tus-Version"] = TUS_VERSION
    response.headers["Tus-Extension"] = "creation,termination,expiration"
    response.headers["Tus-Max-Size"] = str(means.receive.limit_bytes)


@router.post(
    "/v1/uploads",
    status_code=201,
    dependencies=[TusDep],
    responses=problem_responses(412, 413, 415),
)
async def create_upload(
    request: Request,
    response: Response,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("create_upload"))],
    length: UploadLength = None,
) -> None:
    """Open an upload. Upload-Length is its size in bytes, Upload-Metadata its `filetype`."""
    del length
    upload_id = await means.receive.begin(
        sender_of(principal),
        ActionContext.from_principal(principal),
        media_type=media_type(request.headers, allowed=FILE_TYPES),
        size=announced_size(request.headers),
    )
    response.headers["Tus-Resumable"] = TUS_VERSION
    response.headers["Location"] = f"/v1/uploads/{upload_id}"
    response.headers["Upload-Expires"] = format_datetime(
        means.clock.now() + UNFINISHED_FOR, usegmt=True
    )


@router.head(
    "/v1/uploads/{upload_id}",
    status_code=200,
    dependencies=[TusDep],
    responses=problem_responses(404, 410, 412),
)
async def get_upload_offset(
    upload_id: UUID,
    response: Response,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("get_upload_offset"))],
) -> None:
    """Say how many bytes are safely stored: where to go on after an interruption."""
    offset, size = await means.receive.offset(
        upload_id, sender_of(principal), ActionContext.from_principal(principal)
    )
    response.headers["Tus-Resumable"] = TUS_VERSION
    response.headers["Upload-Offset"] = str(offset)
    response.headers["Upload-Length"] = str(size)
    response.headers["Cache-Control"] = "no-store"


@router.patch(
    "/v1/uploads/{upload_id}",
    status_code=204,
    tags=[STREAMS_BODY],
    dependencies=[TusDep],
    responses={
        202: {"description": "The file is whole; its submission is at Location."},
        **problem_responses(404, 409, 410, 412, 413, 415, 423, 460),
    },
    openapi_extra=_BODY,
)
async def append_upload(
    upload_id: UUID,
    request: Request,
    response: Response,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("append_upload"))],
    position: UploadOffset = None,
) -> Response:
    """Append bytes at Upload-Offset. The last ones answer 202 with the submission's address."""
    del position
    if request.headers.get("content-type") != "application/offset+octet-stream":
        raise DomainError("unsupported-media-type")
    offset, received = await means.receive.append(
        upload_id,
        sender_of(principal),
        ActionContext.from_principal(principal),
        offset=upload_offset(request.headers),
        chunks=request.stream(),
    )
    del response
    return _appended(offset, received)


@router.delete(
    "/v1/uploads/{upload_id}",
    status_code=204,
    dependencies=[TusDep],
    responses=problem_responses(404, 409, 410, 412, 423),
)
async def discard_upload(
    upload_id: UUID,
    response: Response,
    means: MeansDep,
    principal: Annotated[Principal, Depends(requires("discard_upload"))],
) -> None:
    """Give up an upload that is not whole yet, and erase its bytes."""
    await means.receive.discard(
        upload_id, sender_of(principal), ActionContext.from_principal(principal)
    )
    response.headers["Tus-Resumable"] = TUS_VERSION


def _appended(offset: int, received: Received | None) -> Response:
    headers = {"Tus-Resumable": TUS_VERSION, "Upload-Offset": str(offset)}
    if received is None:
        return Response(status_code=204, headers=headers)
    headers["Location"] = f"/v1/submissions/{received.submission_id}"
    return Response(status_code=202, headers=headers)
