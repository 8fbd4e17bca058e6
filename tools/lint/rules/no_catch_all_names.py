"""Nothing is called Manager, Helper, Utils or common: such a name takes in everything.

Incident: a module called utils has no role that could be broken, so it grows and everything comes
to depend on it. The name of what it does is also the place where the next reader looks for it.
"""

import ast
import re
from collections.abc import Iterator
from typing import Final

from tools.lint.rule import Example, Finding, Rule
from tools.lint.source import Source

_CLASS_WORDS: Final = frozenset({"manager", "helper", "helpers", "util", "utils", "common", "misc"})
# "manager" is a role of the policy, so functions and files about that role may carry the word.
_OTHER_WORDS: Final = _CLASS_WORDS - {"manager"}
_WORD: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_MESSAGE: Final = "name it after what it does"


def check(source: Source) -> Iterator[Finding]:
    """Names of files and folders, classes and functions, in code and tests."""
    for part in (*source.path.parent.parts, source.path.stem):
        if not _OTHER_WORDS.isdisjoint(_words(part)) or part in {"manager", "managers"}:
            yield Finding(1, _MESSAGE)
    for one in source.of(ast.ClassDef):
        if not _CLASS_WORDS.isdisjoint(_words(one.name)):
            yield Finding(one.lineno, _MESSAGE)
    for function in source.functions():
        if not _OTHER_WORDS.isdisjoint(_words(function.name)):
            yield Finding(function.lineno, _MESSAGE)


def _words(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name)}


_CODE: Final = "services/event-log/src/event_log/domain/merkle.py"
RULE: Final = Rule(
    name="no-catch-all-names",
    check=check,
    good=(
        Example(_CODE, "class GrowingTree: ...\n"),
        Example(_CODE, "def test_a_manager_sees_no_special_data(): ...\n"),
        Example(_CODE, "class Commons: ...\n\ndef utilise(): ...\n"),
    ),
    bad=(
        Example(_CODE, "class TreeManager: ...\n"),
        Example(_CODE, "class HTTPHelper: ...\n"),
        Example(_CODE, "def parse_helper(): ...\n"),
        Example("services/event-log/src/event_log/utils.py", ""),
        Example("services/event-log/src/event_log/common/merkle.py", ""),
    ),
)
