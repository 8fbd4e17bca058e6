"""An exception is never swallowed in silence.

Incident: eShop's IdentifiedCommandHandler catches everything around its idempotency record and
returns a default: the caller hears success, and the command is never carried out.
"""

import ast
from collections.abc import Iterator
from typing import Final

from tools.lint.rule import Example, Finding, Rule
from tools.lint.source import Source, dotted

_BROAD: Final = frozenset({"", "Exception", "BaseException"})


def check(source: Source) -> Iterator[Finding]:
    """Let a narrow exception be passed over when a comment there says why."""
    for handler in source.of(ast.ExceptHandler):
        only = handler.body[0]
        if len(handler.body) > 1 or not _is_nothing(only):
            continue
        if _is_broad(handler.type):
            yield Finding(handler.lineno, "handle it, or let it rise")
        elif not source.is_test and not _says_why(source, handler):
            yield Finding(only.lineno, "say in a comment why nothing is to be done")
    for call in source.of(ast.Call):
        is_suppress = dotted(call.func) in {"suppress", "contextlib.suppress"}
        if is_suppress and any(dotted(one) in _BROAD for one in call.args):
            yield Finding(call.lineno, "suppress the exception that is expected, not all")


def _is_nothing(node: ast.stmt) -> bool:
    return isinstance(node, (ast.Pass, ast.Continue)) or (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and node.value.value is ...
    )


def _is_broad(kind: ast.expr | None) -> bool:
    if kind is None:
        return True
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(dotted(one) in _BROAD for one in kinds)


def _says_why(source: Source, handler: ast.ExceptHandler) -> bool:
    end = handler.end_lineno or handler.lineno
    return any("#" in line for line in source.lines[handler.lineno - 1 : end])


_CODE: Final = "services/event-log/src/event_log/adapters/files/packs.py"
RULE: Final = Rule(
    name="no-except-pass",
    check=check,
    good=(
        Example(_CODE, "try:\n    add()\nexcept KeyError:\n    count()\n"),
        Example(_CODE, "try:\n    add()\nexcept KeyError:\n    pass  # another was first\n"),
        Example(_CODE, "with suppress(FileNotFoundError):\n    remove()\n"),
    ),
    bad=(
        Example(_CODE, "try:\n    add()\nexcept Exception:\n    pass\n"),
        Example(_CODE, "try:\n    add()\nexcept:\n    ...  # never mind\n"),
        Example(_CODE, "try:\n    add()\nexcept KeyError:\n    pass\n"),
        Example(
            _CODE,
            "for one in many:\n    try:\n        add()\n    except OSError:\n        continue\n",
        ),
        Example(_CODE, "with suppress(Exception):\n    remove()\n"),
    ),
)
