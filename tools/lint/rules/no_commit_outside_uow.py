"""Only the unit of work ends a transaction; nobody else commits or rolls back.

Incident: FastAPI tears a yielding dependency down after the response is sent, so with a commit
in it a failing commit still put 201 on the wire. polar commits after the response
(polar/postgres.py); dispatch and fides commit inside repositories, which cuts a use case in two.
"""

import ast
import re
from collections.abc import Iterator
from typing import Final

from tools.lint.rule import Example, Finding, Rule
from tools.lint.source import Source, dotted

_ENDS: Final = frozenset({"commit", "rollback"})
_STATEMENT: Final = re.compile(r"\s*(commit|rollback)\s*;?\s*", re.IGNORECASE)
_ALLOWED: Final = {
    "matricula_chassis.db.uow": "is the unit of work",
    "matricula_chassis.db.migrate": "Alembic ends the transaction of a migration",
}


def check(source: Source) -> Iterator[Finding]:
    """Look at calls without arguments: a Kafka consumer's commit names its offsets."""
    if not source.package or source.module in _ALLOWED:
        return
    for call in source.of(ast.Call):
        is_end = isinstance(call.func, ast.Attribute) and call.func.attr in _ENDS
        if is_end and not call.args and not call.keywords:
            yield Finding(call.lineno, "only the unit of work commits or rolls back")
        elif dotted(call.func).rpartition(".")[2] in {"execute", "text", "exec_driver_sql"}:
            first = call.args[0] if call.args else None
            if isinstance(first, ast.Constant) and _STATEMENT.fullmatch(str(first.value)):
                yield Finding(call.lineno, "only the unit of work commits or rolls back")


_STORE: Final = "services/event-log/src/event_log/adapters/postgres/store.py"
RULE: Final = Rule(
    name="no-commit-outside-uow",
    check=check,
    good=(
        Example(_STORE, "async def add(self, row):\n    await self._session.execute(row)\n"),
        Example(
            _STORE, "async def advance(kafka, at):\n    await kafka.commit({at.partition: at})\n"
        ),
        Example(
            "libs/chassis/src/matricula_chassis/db/uow.py",
            "async def leave(session):\n    await session.commit()\n",
        ),
    ),
    bad=(
        Example(_STORE, "async def add(self, row):\n    await self._session.commit()\n"),
        Example(_STORE, "async def undo(session):\n    await session.rollback()\n"),
        Example(_STORE, "async def add(connection):\n    await connection.execute('COMMIT')\n"),
    ),
)
