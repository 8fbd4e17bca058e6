"""A module begins with one to five lines: its role, and what it must not do.

Incident: nobody can tell where a new function belongs when files are known by their contents
only; that is how modules of 4,200 lines come about (polar). Five lines force the role to be one.
"""

import ast
from collections.abc import Iterator
from typing import Final

from tools.lint.rule import Example, Finding, Rule
from tools.lint.source import Source

_LONGEST: Final = 5
_SHORTEST_WORDS: Final = 3


def check(source: Source) -> Iterator[Finding]:
    """Modules with code; a test module needs one line too. Migrations keep Alembic's form."""
    if not any(not isinstance(node, ast.Expr) for node in source.tree.body):
        return
    text = ast.get_docstring(source.tree) or ""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(text.split()) < _SHORTEST_WORDS:
        yield Finding(1, "begin with a docstring: the role, and what it must not do")
    elif len(lines) > _LONGEST and not source.is_migration:
        yield Finding(1, "say the role in at most five lines")


_MODULE: Final = "services/event-log/src/event_log/domain/notes.py"
RULE: Final = Rule(
    name="module-docstring",
    check=check,
    good=(
        Example(_MODULE, '"""Signed notes after C2SP. Reads and writes no files."""\n\nLINE = 1\n'),
        Example("services/event-log/src/event_log/__init__.py", ""),
    ),
    bad=(
        Example(_MODULE, "LINE = 1\n"),
        Example(_MODULE, '"""Notes."""\n\nLINE = 1\n'),
        Example(_MODULE, '"""' + "Says more than anyone reads.\n" * 6 + '"""\n\nLINE = 1\n'),
    ),
)
