"""A log line is a constant event with named values, never a sentence put together.

Incident: eShop's OrdersApi logs what its comment says it does not. A value inside the text passes
every redaction, which goes by the name and the type of a field.
"""

import ast
from collections.abc import Iterator
from typing import Final

from tools.lint.rule import Example, Finding, Rule
from tools.lint.source import Source, dotted

LEVELS: Final = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})
_LOGGERS: Final = frozenset({"log", "logger", "_log", "_logger"})


def log_calls(source: Source) -> Iterator[ast.Call]:
    """Yield the calls that write a log line."""
    for call in source.of(ast.Call):
        if isinstance(call.func, ast.Attribute) and call.func.attr in LEVELS:
            name = dotted(call.func.value).rpartition(".")[2]
            if name in _LOGGERS or _is_fresh_logger(call.func.value):
                yield call


def check(source: Source) -> Iterator[Finding]:
    """Look at the positional arguments of log calls."""
    if source.is_test:
        return
    for call in log_calls(source):
        if any(_is_put_together(argument) for argument in call.args):
            yield Finding(call.lineno, "name the event by a constant and give values as keywords")


def _is_fresh_logger(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and dotted(node.func).lower().endswith(("logger", "log.bind"))


def _is_put_together(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr in {"format", "join"}
    return isinstance(node, (ast.JoinedStr, ast.BinOp))


_WORKER: Final = "services/learner-api/src/learner_api/adapters/intake/worker.py"
RULE: Final = Rule(
    name="no-fstring-log",
    check=check,
    good=(
        Example(_WORKER, 'log.info("submission.checked", records=count)\n'),
        Example(_WORKER, 'registry.error(f"{count} records")\n'),
    ),
    bad=(
        Example(_WORKER, 'log.info(f"submission {submission_id} checked")\n'),
        Example(_WORKER, 'self._log.warning("submission %s checked" % submission_id)\n'),
        Example(_WORKER, 'logger.error("submission " + submission_id)\n'),
        Example(_WORKER, 'logging.getLogger(__name__).error("record {}".format(record))\n'),
    ),
)
