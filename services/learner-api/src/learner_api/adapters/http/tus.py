"""The headers of tus 1.0.0 (https://tus.io/protocols/resumable-upload), read strictly."""

import base64
import binascii
import re
from collections.abc import Collection, Mapping
from typing import Final

from matricula_chassis.errors import DomainError, Invalid
from matricula_chassis.http import ParameterFault, ParameterFaults

TUS_VERSION: Final = "1.0.0"
_NUMBER: Final = re.compile(r"[0-9]{1,18}")


def announced_size(headers: Mapping[str, str]) -> int:
    """Return Upload-Length in bytes; a deferred length is not supported."""
    return _number(headers, "Upload-Length")


def upload_offset(headers: Mapping[str, str]) -> int:
    """Return Upload-Offset in bytes."""
    return _number(headers, "Upload-Offset")


def media_type(headers: Mapping[str, str], *, allowed: Collection[str]) -> str:
    """Return the `filetype` of Upload-Metadata, `application/octet-stream` when it is absent."""
    for pair in headers.get("upload-metadata", "").split(","):
        name, _, value = pair.strip().partition(" ")
        if name == "filetype":
            found = _decoded(value)
            if found not in allowed:
                raise DomainError("unsupported-media-type")
            return found
    return "application/octet-stream"


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode("ascii").lower()
    except (binascii.Error, ValueError):
        raise Invalid("unsupported-media-type") from None


def _number(headers: Mapping[str, str], name: str) -> int:
    text = headers.get(name.lower(), "")
    if _NUMBER.fullmatch(text) is None:
        raise ParameterFaults(
            "bad-request",
            [
                ParameterFault(
                    place="header", name=name, code="malformed", message="A number of bytes."
                )
            ],
        )
    return int(text)
