"""A file has at most 400 lines, a function at most 50; more needs a reason.

Incident: warehouse's legacy.py and a conftest of 2,500 lines elsewhere: nobody sees any more what
belongs together, and every change meets every other. The waiver's reason is the reason.
"""

from collections.abc import Iterator
from typing import Final

from tools.lint.rule import Example, Finding, Rule
from tools.lint.source import Source

_FILE: Final = 400
_FUNCTION: Final = 50


def check(source: Source) -> Iterator[Finding]:
    """Count lines; generated modules are not looked at by any rule."""
    if len(source.lines) > _FILE:
        yield Finding(1, "split the file at a second role; 400 lines are the limit")
    for function in source.functions():
        if (function.end_lineno or 0) - function.lineno >= _FUNCTION:
            yield Finding(function.lineno, "split the function; 50 lines are the limit")


_CODE: Final = "services/event-log/src/event_log/domain/merkle.py"
RULE: Final = Rule(
    name="file-size",
    check=check,
    good=(
        Example(_CODE, "x = 1\n" * 400),
        Example(_CODE, "def f():\n" + "    g()\n" * 49),
        Example(
            "libs/contracts/src/matricula_contracts/_x.py", '"""Generated."""\n' + "x = 1\n" * 999
        ),
    ),
    bad=(
        Example(_CODE, "x = 1\n" * 401),
        Example(_CODE, "def f():\n" + "    g()\n" * 50),
        Example("libs/contracts/src/matricula_contracts/_x.py", "x = 1\n" * 999),
    ),
)
