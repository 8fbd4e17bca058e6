"""No path and no query parameter carries personal data; searches by it are POST with a body.

Incident: addresses end up in access logs, browser histories and proxies of others, where neither
encryption nor a disposal reaches them.
"""

import ast
import re
from collections.abc import Iterator
from typing import Final

from tools.lint.rule import Example, Finding, Rule
from tools.lint.rules.no_person_data_in_logs import is_personal
from tools.lint.source import Function, Source, dotted

_VERBS: Final = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})
_PLACE: Final = re.compile(r"\{(\w+)[:}]")
_BODIES: Final = frozenset({"Body", "Form", "File", "Depends", "Header"})


def check(source: Source) -> Iterator[Finding]:
    """Endpoints, that is functions under a decorator of a router."""
    if not source.is_service:
        return
    for function in source.functions():
        for decorator in function.decorator_list:
            if isinstance(decorator, ast.Call) and _is_route(decorator):
                places = _PLACE.findall(_path(decorator))
                if any(is_personal(name) for name in (*places, *_query(function))):
                    yield Finding(function.lineno, "take it in the body of a POST")


def _is_route(decorator: ast.Call) -> bool:
    return isinstance(decorator.func, ast.Attribute) and decorator.func.attr in _VERBS


def _path(decorator: ast.Call) -> str:
    first = decorator.args[0] if decorator.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def _query(function: Function) -> Iterator[str]:
    """Yield the names of query parameters, by which alias they may go."""
    for argument in (*function.args.args, *function.args.kwonlyargs):
        calls = [
            call
            for call in ast.walk(argument)
            if isinstance(call, ast.Call) and dotted(call.func) in {"Query", "Path", *_BODIES}
        ]
        if any(dotted(call.func) in _BODIES for call in calls):
            continue
        if argument.arg != "body":
            yield argument.arg
        for call in calls:
            yield from (
                keyword.value.value
                for keyword in call.keywords
                if keyword.arg == "alias"
                and isinstance(keyword.value, ast.Constant)
                and isinstance(keyword.value.value, str)
            )


_ROUTES: Final = "services/learner-api/src/learner_api/adapters/http/routes_learners.py"
RULE: Final = Rule(
    name="no-person-data-in-urls",
    check=check,
    good=(
        Example(
            _ROUTES, '@router.get("/v1/learners/{learner_id}")\nasync def get_learner(): ...\n'
        ),
        Example(
            _ROUTES, '@router.post("/v1/learners/search")\nasync def search(body: Search): ...\n'
        ),
    ),
    bad=(
        Example(
            _ROUTES, '@router.get("/v1/learners/{uln}")\nasync def get_learner(uln: int): ...\n'
        ),
        Example(_ROUTES, '@router.get("/v1/learners")\nasync def search(postcode: str): ...\n'),
        Example(
            _ROUTES,
            """
            @router.get("/v1/learners")
            async def search(wanted: Annotated[str, Query(alias="family_name")]): ...
            """,
        ),
    ),
)
