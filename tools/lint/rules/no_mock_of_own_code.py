"""Tests replace what stands outside, never Matricula's own functions by mocks.

Incident: polar's licence-key tests assert that a mocked enqueue was called; they pass while nothing
is enqueued. A test asserts what can be seen afterwards: a row, an event, an answer.
"""

import ast
from collections.abc import Iterator
from typing import Final

from tools.lint.rule import Example, Finding, Rule
from tools.lint.source import Source

_MOCKS: Final = ("unittest.mock", "mock", "pytest_mock")


def check(source: Source) -> Iterator[Finding]:
    """No mock library at all; a fixed number or environment is set with `monkeypatch`."""
    for node, name in source.imports():
        if name.startswith(_MOCKS) and not name.startswith("mockito"):
            yield Finding(
                getattr(node, "lineno", 1), "use a fake from the testkit or a real server"
            )
    for argument in source.of(ast.arg):
        if argument.arg == "mocker":
            yield Finding(argument.lineno, "use a fake from the testkit or a real server")


_TEST: Final = "services/event-log/tests/unit/test_notes.py"
RULE: Final = Rule(
    name="no-mock-of-own-code",
    check=check,
    good=(
        Example(_TEST, 'def test_x(monkeypatch):\n    monkeypatch.setenv("TOKEN_BACKEND", "x")\n'),
        Example(_TEST, "from matricula_testkit import messaging\n"),
    ),
    bad=(
        Example(_TEST, "from unittest.mock import patch\n"),
        Example(_TEST, "from unittest import mock\n"),
        Example(_TEST, "def test_x(mocker):\n    mocker.patch('event_log.domain.notes.sign')\n"),
    ),
)
