"""SWSupAimId: the identifier that the supplier's software gives an aim."""

import re
from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask

USUAL: Final = b"00000000-0000-0000-0000-000000000000"
"""A UUID as it is usually written, every hexadecimal digit shown as 0."""
AS_ZERO: Final = bytes.maketrans(b"123456789abcdefABCDEF", b"0" * 21)
DIGITS: Final = "[0-9a-fA-F]"
BYTE: Final = f"0x{DIGITS}{{1,2}}"
OTHERS: Final = re.compile(
    rf"{DIGITS}{{32}}"
    rf"|\{{{DIGITS}{{8}}(?:-{DIGITS}{{4}}){{3}}-{DIGITS}{{12}}\}}"
    rf"|\({DIGITS}{{8}}(?:-{DIGITS}{{4}}){{3}}-{DIGITS}{{12}}\)"
    rf"|{DIGITS}{{8}}(?:-{DIGITS}{{4}}){{3}}-{DIGITS}{{12}}"
    rf"|\{{0x{DIGITS}{{1,8}}(?:,0x{DIGITS}{{1,4}}){{2}},\{{{BYTE}(?:,{BYTE}){{7}}\}}\}}"
)
"""The ways of writing a UUID that `Guid.TryParse` takes."""


def _are_uuids(texts: list[str]) -> npt.NDArray[np.bool_]:
    """Tell for each text whether it is a UUID other than zero, as usually written.

    Written for whole columns: every aim has an identifier of its own.
    """
    regular = np.fromiter((len(text) == len(USUAL) for text in texts), bool, len(texts))
    lines = "".join(text for text in texts if len(text) == len(USUAL)).encode("latin-1", "replace")
    size = f"S{len(USUAL)}"
    digits = np.frombuffer(lines.translate(AS_ZERO), size)
    regular[regular] = (digits == USUAL) & (np.frombuffer(lines, size) != USUAL)
    return regular


def _is_other_uuid(text: str) -> bool:
    """Tell whether a text is a UUID other than zero, in whatever way it is written."""
    stripped = text.strip()
    compact = "".join(stripped.split()) if stripped.startswith("{0") else stripped
    is_zero = not set(compact) & set("123456789abcdefABCDEF")
    return OTHERS.fullmatch(compact) is not None and not is_zero


def _met(texts: Iterable[str | None]) -> npt.NDArray[np.bool_]:
    """Tell for each text whether it is a UUID or nothing but space."""
    written = [text or "" for text in texts]
    met = _are_uuids(written)
    for number in np.flatnonzero(~met).tolist():
        text = written[number]
        met[number] = not text.strip() or _is_other_uuid(text)
    return met


@rule(Aims, "SWSupAimId")
def SWSupAimId_01(b: Batch) -> Mask:
    """The software supplier's identifier of the aim is not a UUID."""
    identifiers = b.aims.SWSupAimId
    return ~_met(identifiers.values)[identifiers.codes]
