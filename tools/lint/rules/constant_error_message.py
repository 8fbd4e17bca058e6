"""An error's message is constant; what varies goes into its fields.

Incident: a message with values in it groups into as many errors as there are values, and carries
them past redaction into logs and answers. That is why ruff's own rules on messages are off here.
"""

import ast
from collections.abc import Iterator
from typing import Final

from tools.lint.rule import Example, Finding, Rule
from tools.lint.source import Source

# What a person at a terminal reads: it names a file or a port, and is never logged.
_TERMINAL: Final = frozenset({"matricula_localstack", "matricula_testkit"})


def check(source: Source) -> Iterator[Finding]:
    """Positional arguments of what is raised, in the platform's packages."""
    if not source.package or source.package in _TERMINAL or source.is_test:
        return
    for node in source.of(ast.Raise):
        if isinstance(node.exc, ast.Call) and any(_varies(one) for one in node.exc.args):
            yield Finding(node.lineno, "keep the message constant; give values as fields")


def _varies(node: ast.expr) -> bool:
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        return any(_is_text(one) or _varies(one) for one in (node.left, node.right))
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "format"
    )


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


_CODE: Final = "services/learner-api/src/learner_api/domain/record.py"
RULE: Final = Rule(
    name="constant-error-message",
    check=check,
    good=(
        Example(_CODE, 'raise NotFound("learner-not-found", learner_id=learner_id)\n'),
        Example(_CODE, 'raise ValueError("not a date")\n'),
    ),
    bad=(
        Example(_CODE, 'raise ValueError(f"not a date: {text}")\n'),
        Example(_CODE, 'raise ValueError("not a date: " + text)\n'),
        Example(_CODE, 'raise ValueError("not a date: %s" % text)\n'),
        Example(_CODE, 'raise ValueError("not a date: {}".format(text))\n'),
    ),
)
