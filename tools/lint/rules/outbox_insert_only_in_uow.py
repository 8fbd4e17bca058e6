"""Only the unit of work inserts into the outbox, because only it can do so last.

Incident: measured with 16 writers on 5 keys, outbox rows written first in the transaction left 428
of 2,400 events out of order for their key, rows written last none. SQLAlchemy's flush order makes
the first case easy to write without noticing.
"""

import ast
import re
from collections.abc import Iterator
from typing import Final

from tools.lint.rule import Example, Finding, Rule
from tools.lint.source import Source, dotted, keywords

_SQL: Final = re.compile(r"\b(insert\s+into|copy)\s+(\w+\.)?\"?outbox\"?\b", re.IGNORECASE)
_MESSAGE: Final = "record the event on the unit of work; it writes the outbox last"
_OWN: Final = frozenset(
    {
        "libs/chassis/src/matricula_chassis/db/outbox.py",
        "libs/chassis/src/matricula_chassis/db/queries/outbox_insert.sql",
    }
)


def check(source: Source) -> Iterator[Finding]:
    """Look at SQL, COPY by name, and SQLAlchemy's insert of a table called outbox."""
    if not source.package or str(source.path) in _OWN:
        return
    for line, text in source.texts():
        if _SQL.search(text):
            yield Finding(line, _MESSAGE)
    for call in source.of(ast.Call):
        name = dotted(call.func).rpartition(".")[2]
        first = call.args[0] if call.args else keywords(call).get("table_name")
        if name == "copy_records_to_table" and isinstance(first, ast.Constant):
            if first.value == "outbox":
                yield Finding(call.lineno, _MESSAGE)
        elif name == "insert":
            tables = [call.func.value] if isinstance(call.func, ast.Attribute) else []
            if any(_is_outbox(one) for one in (*tables, first)):
                yield Finding(call.lineno, _MESSAGE)


def _is_outbox(node: ast.expr | None) -> bool:
    return node is not None and dotted(node).rpartition(".")[2].lstrip("_").lower() == "outbox"


_WORK: Final = "services/learner-api/src/learner_api/adapters/postgres/work.py"
RULE: Final = Rule(
    name="outbox-insert-only-in-uow",
    check=check,
    good=(
        Example(_WORK, "def publish(self, draft):\n    self.record(draft)\n"),
        Example(
            "libs/chassis/src/matricula_chassis/messaging/queries/relay_mark_published.sql",
            "UPDATE outbox SET published_at = $1 WHERE seq = ANY($2)\n",
        ),
        Example(
            _WORK,
            'async def copy(c, r):\n    await c.copy_records_to_table("learner", records=r)\n',
        ),
    ),
    bad=(
        Example(
            _WORK, 'async def send(c):\n    await c.execute("INSERT INTO outbox VALUES ($1)", 1)\n'
        ),
        Example(
            _WORK, "async def send(s, t, row):\n    await s.execute(insert(t.outbox).values(row))\n"
        ),
        Example(_WORK, "async def send(s, t, row):\n    await s.execute(t.outbox.insert(), row)\n"),
        Example(
            _WORK, 'async def send(c, r):\n    await c.copy_records_to_table("outbox", records=r)\n'
        ),
        Example(
            "services/learner-api/src/learner_api/adapters/postgres/queries/send.sql",
            "insert into outbox (event_id)\nselect $1\n",
        ),
    ),
)
