"""Reads learner files in NDJSON: the header on the first line, then one learner on each.

A line that is not JSON is one bad record and stops nothing; values are judged in
domain.record_checks.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from learner_api.adapters.files.content import Content, text_lines, too_large
from learner_api.adapters.files.header import build_record, read_head
from learner_api.domain.record import FIRST_POSITION, ParsedRecord
from learner_api.domain.record_checks import schema_fault
from learner_api.domain.record_file import FileHead, FileRefused

_JSON_SPACE: Final = " \t\r\n"


class _Repeated(list[Any]):
    """The values of a key that stands more than once in one object."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object; a repeated key keeps all its values, so that the checks see it."""
    built = dict(pairs)
    if len(built) != len(pairs):
        built = {}
        for key, value in pairs:
            if key not in built:
                built[key] = value
            elif isinstance(built[key], _Repeated):
                built[key].append(value)
            else:
                built[key] = _Repeated((built[key], value))
    return built


def _no_constant(_name: str) -> Any:
    raise ValueError


_decode = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant).decode


def _parsed(line: str) -> dict[str, Any] | None:
    """Return the object of one line, or None: no JSON, no object, or nested beyond reason."""
    try:
        value = _decode(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


class NdjsonReader:
    """One pass over one NDJSON file."""

    def __init__(self, content: Content) -> None:
        self._limits = content.limits
        self._lines = self._filled(text_lines(content, lambda: self._position))
        self._head: FileHead | None = None
        self._position = FIRST_POSITION

    def head(self) -> FileHead:
        """Read the first line."""
        if self._head is None:
            number, line = next(self._lines, (1, ""))
            raw = _parsed(line)
            if raw is None or "Header" not in raw:
                raise FileRefused("malformed-ndjson", line=number)
            self._head = read_head(raw)
        return self._head

    def records(self) -> Iterator[ParsedRecord]:
        """Yield the learners, a line that is no JSON object included."""
        self.head()
        for number, line in self._lines:
            raw = _parsed(line)
            if raw is None:
                fault = schema_fault("", "not-json", f"Line {number} is not one JSON object.")
                yield ParsedRecord(self._position, None, {}, (fault,))
            else:
                yield build_record(self._position, raw)
            self._position += 1

    def _filled(self, lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        for number, line in lines:
            if len(line) > self._limits.max_record_bytes:
                raise too_large(self._limits, self._position)
            if line.strip(_JSON_SPACE):
                yield number, line
