"""A migration says whether it expands or contracts the schema, and an expanding one takes nothing.

Incident: during a rollout the old release still runs. A column dropped in the release that stops
using it fails every request of the pods not yet replaced; it goes one release later.
"""

import ast
import re
from collections.abc import Iterator
from typing import Final

from tools.lint.rule import Example, Finding, Rule
from tools.lint.source import Source, dotted

_TAG: Final = re.compile(r"^Tag: (expand|contract)\b", re.MULTILINE)
_TAKES: Final = re.compile(
    r"\b(drop\s+(table|column|type)|rename\s+(to|column)|truncate)\b", re.IGNORECASE
)
_CALLS: Final = frozenset({"op.drop_table", "op.drop_column", "op.rename_table"})


def check(source: Source) -> Iterator[Finding]:
    """Look for the tag in the docstring and for both directions, and hold `upgrade` to the tag."""
    if not source.is_migration or source.path.name == "__init__.py":
        return
    tags = _TAG.findall(ast.get_docstring(source.tree) or "")
    if len(tags) != 1:
        yield Finding(1, 'write "Tag: expand" or "Tag: contract" into the docstring')
    functions = {one.name: one for one in source.functions()}
    for name in ("upgrade", "downgrade"):
        if name not in functions:
            yield Finding(1, "a migration can be applied and undone")
    if tags == ["expand"] and "upgrade" in functions:
        for line in _takings(source, functions["upgrade"]):
            yield Finding(line, "an expanding migration takes nothing away: tag it contract")


def _takings(source: Source, upgrade: ast.AST) -> Iterator[int]:
    for node, text in source.strings():
        if upgrade in source.parents(node) and _TAKES.search(text):
            yield node.lineno
    for call in source.of(ast.Call):
        if upgrade in source.parents(call) and dotted(call.func) in _CALLS:
            yield call.lineno


_STEP: Final = "services/learner-api/src/learner_api/migrations/versions/202611222300_first.py"
_BOTH: Final = "def upgrade():\n    {}\n\ndef downgrade():\n    op.drop_table('x')\n"
RULE: Final = Rule(
    name="migration-tagged",
    check=check,
    good=(
        Example(_STEP, '"""First.\n\nTag: expand.\n"""\n' + _BOTH.format("op.create_table('x')")),
        Example(_STEP, '"""Drop x.\n\nTag: contract.\n"""\n' + _BOTH.format("op.drop_table('y')")),
    ),
    bad=(
        Example(_STEP, '"""First."""\n' + _BOTH.format("op.create_table('x')")),
        Example(
            _STEP,
            '"""First.\n\nTag: expand | contract.\n"""\n'
            + _BOTH.format("op.drop_column('x', 'y')"),
        ),
        Example(
            _STEP, '"""First.\n\nTag: expand.\n"""\n' + _BOTH.format("op.execute('DROP TABLE y')")
        ),
        Example(_STEP, '"""First.\n\nTag: expand.\n"""\ndef upgrade():\n    op.create_table()\n'),
    ),
)
