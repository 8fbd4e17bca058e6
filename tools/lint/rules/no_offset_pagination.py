"""Lists are paged by keyset cursors, never by offset, page number or total count.

Incident: with an offset, a row inserted meanwhile shows one learner twice and hides another, and
the hundredth page reads everything before it. A count of all rows is a scan for every page.
"""

import ast
import re
from collections.abc import Iterator
from typing import Final

from tools.lint.rule import Example, Finding, Rule
from tools.lint.source import Source

_SQL: Final = re.compile(r"\boffset\s+(\$\d|:\w|%\(|\d|\{)", re.IGNORECASE)
_PARAMETERS: Final = frozenset({"offset", "page", "page_number", "page_size", "skip"})
_MESSAGE: Final = "page by a keyset cursor (matricula_chassis.http.pagination)"


def check(source: Source) -> Iterator[Finding]:
    """Look at SQL, SQLAlchemy's `offset()`, and parameters of endpoints."""
    if not source.package:
        return
    for line, text in source.texts():
        if _SQL.search(text):
            yield Finding(line, _MESSAGE)
    if source.is_service and "postgres" in source.path.parts:
        for call in source.of(ast.Call):
            if isinstance(call.func, ast.Attribute) and call.func.attr == "offset":
                yield Finding(call.lineno, _MESSAGE)
    elif source.is_service:
        yield from _parameters(source)


def _parameters(source: Source) -> Iterator[Finding]:
    for function in source.functions():
        if any(_is_route(one) for one in function.decorator_list):
            for argument in (*function.args.args, *function.args.kwonlyargs):
                if argument.arg in _PARAMETERS:
                    yield Finding(argument.lineno, _MESSAGE)


def _is_route(decorator: ast.expr) -> bool:
    return (
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Attribute)
        and decorator.func.attr in {"get", "post", "put", "patch", "delete"}
    )


_STORE: Final = "services/learner-api/src/learner_api/adapters/postgres/store.py"
_ROUTES: Final = "services/learner-api/src/learner_api/adapters/http/routes.py"
RULE: Final = Rule(
    name="no-offset-pagination",
    check=check,
    good=(
        Example(_STORE, "query = select(learner).where(learner.c.id > after).limit(limit)\n"),
        Example(
            _STORE,
            "async def append(uploads, one, offset):\n    await uploads.append(one, offset)\n",
        ),
        Example(_ROUTES, '@router.get("/v1/x")\nasync def list_x(cursor: str, limit: int): ...\n'),
    ),
    bad=(
        Example(_STORE, "query = select(learner).limit(limit).offset(page * limit)\n"),
        Example(_STORE, 'query = text("SELECT * FROM learner LIMIT 10 OFFSET :offset")\n'),
        Example(_STORE.replace(".py", ".sql"), "SELECT * FROM learner\nLIMIT $1 OFFSET $2\n"),
        Example(_ROUTES, '@router.get("/v1/x")\nasync def list_x(page: int, limit: int): ...\n'),
    ),
)
