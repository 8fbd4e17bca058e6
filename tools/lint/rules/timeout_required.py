"""Every call that leaves the process says how long it waits.

Incident: aiokafka can hang without an error after a broker restart (its issues 1154, 847, 625), and
asyncpg waits for ever on a server that was cut off. One silent peer then stops a whole process.
"""

import ast
from collections.abc import Iterator
from typing import Final

from tools.lint.rule import Example, Finding, Rule
from tools.lint.source import Source, dotted, keywords

_NEEDS: Final = {
    "httpx.AsyncClient": ("timeout",),
    "httpx.Client": ("timeout",),
    **{
        f"httpx.{verb}": ("timeout",)
        for verb in ("get", "post", "put", "patch", "delete", "request")
    },
    "asyncpg.connect": ("timeout", "command_timeout"),
    "asyncpg.create_pool": ("timeout", "command_timeout"),
    "create_async_engine": ("connect_args",),
    "AIOKafkaConsumer": ("request_timeout_ms",),
    "AIOKafkaProducer": ("request_timeout_ms",),
    "AIOKafkaAdminClient": ("request_timeout_ms",),
    "urlopen": ("timeout",),
    "urllib.request.urlopen": ("timeout",),
}
_OPENS: Final = frozenset({"asyncio.open_connection", "asyncio.open_unix_connection"})
_LIMITS: Final = frozenset({"asyncio.timeout", "asyncio.wait_for", "asyncio.timeout_at"})


def check(source: Source) -> Iterator[Finding]:
    """Look at clients and bare connections; pytest's own time-out ends what a test waits for."""
    if source.is_test or source.package == "matricula_testkit":
        return
    for call in source.of(ast.Call):
        name = dotted(call.func)
        if name in _NEEDS:
            given = keywords(call)
            missing = [one for one in _NEEDS[name] if _is_endless(given.get(one))]
            if missing:
                yield Finding(call.lineno, f"say how long it waits: {' and '.join(missing)}")
        elif name in _OPENS and not _is_limited(source, call):
            yield Finding(call.lineno, "open the connection within asyncio.timeout")


def _is_endless(value: ast.expr | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and value.value is None)


def _is_limited(source: Source, call: ast.Call) -> bool:
    for above in source.parents(call):
        if isinstance(above, ast.Call) and dotted(above.func) in _LIMITS:
            return True
        if isinstance(above, ast.AsyncWith):
            entered = (item.context_expr for item in above.items)
            if any(isinstance(one, ast.Call) and dotted(one.func) in _LIMITS for one in entered):
                return True
    return False


_CLIENT: Final = "services/learner-api/src/learner_api/adapters/clients/registry.py"
RULE: Final = Rule(
    name="timeout-required",
    check=check,
    good=(
        Example(_CLIENT, "client = httpx.AsyncClient(base_url=url, timeout=httpx.Timeout(5.0))\n"),
        Example(_CLIENT, "c = await asyncpg.connect(url, timeout=10, command_timeout=60)\n"),
        Example(
            _CLIENT,
            """
            async def reach(host, port):
                async with asyncio.timeout(1):
                    return await asyncio.open_connection(host, port)
            """,
        ),
    ),
    bad=(
        Example(_CLIENT, "client = httpx.AsyncClient(base_url=url)\n"),
        Example(_CLIENT, "client = httpx.AsyncClient(base_url=url, timeout=None)\n"),
        Example(_CLIENT, "c = await asyncpg.connect(url, timeout=10)\n"),
        Example(_CLIENT, "producer = AIOKafkaProducer(bootstrap_servers=servers)\n"),
        Example(_CLIENT, "async def reach(a):\n    return await asyncio.open_connection(*a)\n"),
    ),
)
