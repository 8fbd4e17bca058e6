"""A repository that finds rows of a table with a UKPRN names whose rows they must be.

Incident: the commonest hole of shared databases is the query by id alone: whoever guesses or is
sent another provider's id reads its learners. A foreign id must be as absent as an invented one.
"""

import ast
import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from tools.lint.rule import Example, Finding, Rule
from tools.lint.source import Function, Source, dotted, nodes_of

_SCOPE: Final = "ukprn"
_FINDING_CALLS: Final = frozenset({"select", "update", "delete", "select_from", "join"})
_SQL_TABLE: Final = re.compile(r"\b(?:from|join|update|delete\s+from)\s+(\w+)", re.IGNORECASE)


def check(source: Source) -> Iterator[Finding]:
    """Functions in `adapters/postgres`: SQLAlchemy statements, SQL texts, and SQL constants."""
    if not source.is_service or source.path.suffix != ".py":
        return
    if "postgres" not in source.path.parts or source.is_test:
        return
    tables = _scoped_tables(source)
    named = {one.name: one for one in source.functions()}
    texts = _constants(source)
    for function in source.functions():
        nodes = list(nodes_of(function))
        used = _sql_texts(nodes, texts)
        if _finds_rows(nodes, used, tables) and not _is_scoped(nodes, used, named):
            yield Finding(function.lineno, "take the UKPRN and compare it in the statement")


def _scoped_tables(source: Source) -> frozenset[str]:
    """Return the tables with a UKPRN that this file or the `tables.py` beside it declares."""
    return _declared(source.tree) | _declared_in(
        Path(source.root, source.path).with_name("tables.py")
    )


@cache
def _declared_in(path: Path) -> frozenset[str]:
    return _declared(ast.parse(path.read_text(encoding="utf-8"))) if path.exists() else frozenset()


def _declared(tree: ast.Module) -> frozenset[str]:
    nodes = list(nodes_of(tree))
    holders = {
        one.name
        for one in nodes
        if isinstance(one, ast.FunctionDef) and _has_scope_column(one, frozenset())
    }
    found = set()
    for node in nodes:
        if isinstance(node, ast.Call) and dotted(node.func).endswith("Table") and node.args:
            name = node.args[0]
            if isinstance(name, ast.Constant) and _has_scope_column(node, holders):
                found.add(str(name.value))
    return frozenset(found)


def _has_scope_column(node: ast.AST, holders: Collection[str]) -> bool:
    for call in nodes_of(node):
        if isinstance(call, ast.Call):
            name = dotted(call.func)
            if name in holders:
                return True
            first = call.args[0] if call.args else None
            if name.endswith("Column") and _is_scope(first):
                return True
    return False


def _is_scope(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value == _SCOPE


def _constants(source: Source) -> dict[str, str]:
    """Return the texts below each name of the module, such as `_LOAD = text("SELECT …")`."""
    found: dict[str, str] = {}
    for node in source.tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(node, ast.AnnAssign):
            target = node.target
        if isinstance(target, ast.Name):
            found[target.id] = _joined(nodes_of(node))
    return found


def _sql_texts(nodes: list[ast.AST], constants: dict[str, str]) -> str:
    names = (node.id for node in nodes if isinstance(node, ast.Name))
    return " ".join([_joined(nodes), *(constants.get(name, "") for name in names)])


def _joined(nodes: Iterable[ast.AST]) -> str:
    return " ".join(
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _finds_rows(nodes: list[ast.AST], texts: str, tables: frozenset[str]) -> bool:
    if not tables.isdisjoint(_SQL_TABLE.findall(texts)):
        return True
    for call in nodes:
        if isinstance(call, ast.Call):
            name = dotted(call.func)
            if name.rpartition(".")[2] in _FINDING_CALLS:
                mentioned = {
                    part
                    for argument in call.args
                    for one in nodes_of(argument)
                    for part in dotted(one).split(".")[:1]
                }
                if not tables.isdisjoint(mentioned | {name.split(".")[0]}):
                    return True
    return False


def _is_scoped(nodes: list[ast.AST], texts: str, named: dict[str, Function]) -> bool:
    """Say whether it is compared here or in a function of this file called from here."""
    if re.search(rf"\b{_SCOPE}\s*=\s*[:$]", texts):
        return True
    seen: set[str] = set()
    waiting = [nodes]
    while waiting:
        here = waiting.pop()
        if any(_compares_scope(node) for node in here):
            return True
        called = {dotted(node.func) for node in here if isinstance(node, ast.Call)}
        fresh = (called & named.keys()) - seen
        seen |= fresh
        waiting += [list(nodes_of(named[name])) for name in fresh]
    return False


def _compares_scope(node: ast.AST) -> bool:
    """Either `table.c.ukprn == …`, or `{"ukprn": scope.ukprn}` of a statement built from a dict."""
    if isinstance(node, ast.Compare):
        return any(dotted(side).endswith(f"c.{_SCOPE}") for side in (node.left, *node.comparators))
    if isinstance(node, ast.Dict):
        return any(
            isinstance(key, ast.Constant)
            and key.value == _SCOPE
            and dotted(value) == f"scope.{_SCOPE}"
            for key, value in zip(node.keys, node.values, strict=True)
        )
    return False


_STORE: Final = "services/consent-registry/src/consent_registry/adapters/postgres/example.py"
_TABLE: Final = 'agreement = Table("agreement", metadata, Column("ukprn", Integer))\n'
RULE: Final = Rule(
    name="tenant-scope-required",
    check=check,
    good=(
        Example(
            _STORE,
            _TABLE + "def get(one, *, ukprn):\n"
            "    return select(agreement).where(agreement.c.ukprn == ukprn).where(one)\n",
        ),
        Example(
            _STORE,
            _TABLE + 'GET = text("FROM agreement a WHERE a.ukprn = :ukprn")\n'
            "def get(session, ukprn):\n    return session.execute(GET, {'ukprn': ukprn})\n",
        ),
        Example(_STORE, _TABLE + "def add(values):\n    return insert(agreement).values(values)\n"),
        Example(_STORE, 'use = Table("use", metadata)\ndef all_of():\n    return select(use)\n'),
    ),
    bad=(
        Example(
            _STORE,
            _TABLE + "def get(one):\n    return select(agreement).where(agreement.c.id == one)\n",
        ),
        Example(
            _STORE,
            _TABLE + "def get(one, *, ukprn):\n"
            "    return select(agreement.c.ukprn).where(agreement.c.id == one)\n",
        ),
        Example(_STORE, _TABLE + "def end(one):\n    return update(agreement).values(state=one)\n"),
        Example(
            _STORE,
            _TABLE + 'GET = text("FROM agreement WHERE id = :id")\n'
            "def get(session, one):\n    return session.execute(GET, {'id': one})\n",
        ),
    ),
)
