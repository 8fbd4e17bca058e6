"""The name of a sent file, from Content-Disposition (RFC 6266)."""

from email.message import Message
from typing import Final

from matricula_chassis.errors import Invalid

LONGEST: Final = 120
_FORBIDDEN: Final = frozenset('/\\:*?"<>|')


def file_name_of(header: str | None) -> str:
    """Return the file's name; raises Invalid("file-name-missing") where none can be used."""
    if header is None:
        raise Invalid("file-name-missing")
    message = Message()
    message["Content-Disposition"] = header
    name = message.get_filename() or ""
    is_usable = (
        0 < len(name) <= LONGEST
        and name.isprintable()
        and _FORBIDDEN.isdisjoint(name)
        and not name.startswith(".")
    )
    if not is_usable:
        raise Invalid("file-name-missing")
    return name
