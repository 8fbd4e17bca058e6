"""A task belongs to a group, or to a function that ends it whatever happens.

Incident: asyncio keeps only a weak reference to a task. One that nobody holds may vanish half done,
and its exception is printed when it is collected, if at all.
"""

import ast
from collections.abc import Iterator
from typing import Final

from tools.lint.rule import Example, Finding, Rule
from tools.lint.source import Source, dotted

_GROUPS: Final = frozenset({"TaskGroup", "asyncio.TaskGroup"})
_MESSAGE: Final = "start it in an asyncio.TaskGroup, or end it in a finally of this function"


def check(source: Source) -> Iterator[Finding]:
    """Not in tests: there the testkit fails whoever leaves a task running."""
    if source.is_test or source.package == "matricula_testkit":
        return
    groups = _groups(source)
    for call in source.of(ast.Call):
        name = dotted(call.func)
        if name.rpartition(".")[2] not in {"create_task", "ensure_future"}:
            continue
        owner = dotted(call.func.value) if isinstance(call.func, ast.Attribute) else ""
        if owner not in groups and not _is_ended_here(source, call):
            yield Finding(call.lineno, _MESSAGE)


def _groups(source: Source) -> set[str]:
    """Return the names under which task groups are entered."""
    entered = (item for node in source.of(ast.AsyncWith) for item in node.items)
    return {
        dotted(item.optional_vars)
        for item in entered
        if item.optional_vars is not None
        and isinstance(item.context_expr, ast.Call)
        and dotted(item.context_expr.func) in _GROUPS
    }


def _is_ended_here(source: Source, call: ast.Call) -> bool:
    """Say whether the task has a local name that a `finally` of the same function mentions."""
    assigned = next((one for one in source.parents(call) if isinstance(one, ast.Assign)), None)
    function = source.function_of(call)
    if assigned is None or function is None:
        return False
    targets = (one for target in assigned.targets for one in ast.walk(target))
    names = {one.id for one in targets if isinstance(one, ast.Name)}
    return any(
        isinstance(node, ast.Name) and node.id in names
        for attempt in ast.walk(function)
        if isinstance(attempt, ast.Try)
        for last in attempt.finalbody
        for node in ast.walk(last)
    )


_CODE: Final = "services/learner-api/src/learner_api/adapters/intake/worker.py"
RULE: Final = Rule(
    name="no-bare-create-task",
    check=check,
    good=(
        Example(
            _CODE,
            """
            async def both():
                async with asyncio.TaskGroup() as group:
                    group.create_task(one())
            """,
        ),
        Example(
            _CODE,
            """
            async def watched():
                watching = asyncio.create_task(watch())
                try:
                    await work()
                finally:
                    watching.cancel()
            """,
        ),
    ),
    bad=(
        Example(_CODE, "async def go():\n    asyncio.create_task(one())\n"),
        Example(_CODE, "async def go(self):\n    self.task = asyncio.create_task(one())\n"),
        Example(
            _CODE, "async def go():\n    task = asyncio.ensure_future(one())\n    await task\n"
        ),
        Example(_CODE, "async def go(loop):\n    loop.create_task(one())\n"),
    ),
)
