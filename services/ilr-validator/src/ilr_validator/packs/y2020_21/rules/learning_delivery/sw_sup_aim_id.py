"""SWSupAimId: the identifier that the supplier's software gives an aim."""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask

ZERO: Final = b"00000000-0000-0000-0000-000000000000"
AS_ZERO: Final = bytes.maketrans(b"123456789abcdefABCDEF", b"0" * 21)
DIGITS: Final = "[0-9a-fA-F]"
BYTE: Final = f"0x{DIGITS}{{1,2}}"
HYPHENATED: Final = f"{DIGITS}{{8}}(?:-{DIGITS}{{4}}){{3}}-{DIGITS}{{12}}"
UUID: Final = re.compile(
    rf"{HYPHENATED}|\{{{HYPHENATED}\}}|\({HYPHENATED}\)|{DIGITS}{{32}}"
    rf"|\{{0x{DIGITS}{{1,8}}(?:,0x{DIGITS}{{1,4}}){{2}},\{{{BYTE}(?:,{BYTE}){{7}}\}}\}}"
)
"""The ways of writing a UUID that `Guid.TryParse` takes."""
TOGETHER: Final = 64
"""Every aim has an identifier of its own, so texts are looked at many together."""


def _are_usual(texts: Sequence[str | None]) -> bool:
    """Tell whether all texts that are there are UUIDs as usually written, none of them zero."""
    known = [text for text in texts if text]
    lines = "\n".join(known).encode("latin-1", "replace")
    return lines.translate(AS_ZERO) == b"\n".join([ZERO] * len(known)) and ZERO not in lines


def _is_uuid(text: str) -> bool:
    """Tell whether a text is a UUID other than zero, in whatever way it is written."""
    written = "".join(text.split()) if text.lstrip().startswith("{0x") else text.strip()
    is_zero = not set(written) & set("123456789abcdefABCDEF")
    return UUID.fullmatch(written) is not None and not is_zero


def _are_good(texts: Sequence[str | None]) -> Mask:
    """Tell for each text whether it is a UUID, or nothing but space."""
    good = np.ones(len(texts), bool)
    for start in range(0, len(texts), TOGETHER):
        some = texts[start : start + TOGETHER]
        if not _are_usual(some):
            good[start : start + TOGETHER] = [
                not text or not text.strip() or _is_uuid(text) for text in some
            ]
    return good


@rule(Aims, "SWSupAimId")
def SWSupAimId_01(b: Batch) -> Mask:
    """The software supplier's identifier of the aim is not a UUID."""
    identifiers = b.aims.SWSupAimId
    return ~_are_good(identifiers.values)[identifiers.codes]
