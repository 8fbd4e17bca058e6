"""Time comes from the injected clock, never from the machine in passing.

Incident: deadlines here are dates in Europe/London. Code that asks the machine for the time cannot
be tested on the night the clocks change, and a decision cannot be recomputed for its own day.
"""

import ast
from collections.abc import Iterator
from typing import Final

from tools.lint.rule import Example, Finding, Rule
from tools.lint.source import Source, dotted

_CALLS: Final = frozenset(
    {
        "datetime.now", "datetime.utcnow", "datetime.today", "datetime.datetime.now",
        "datetime.datetime.utcnow", "datetime.datetime.today", "date.today", "datetime.date.today",
        "time.time", "time.time_ns",
    }
)  # fmt: skip
_ALLOWED: Final = {
    "matricula_chassis.clock": "is the clock",
    "matricula_chassis.ids": "the time inside UUIDv7 is the machine's",
    "matricula_chassis.observability.logging": "stamps log lines; no decision hangs on it",
}
_ALLOWED_PACKAGES: Final = frozenset({"matricula_localstack", "matricula_testkit"})


def check(source: Source) -> Iterator[Finding]:
    """Look at calls and references, so that `default_factory=datetime.now` is found too."""
    if not source.package or source.package in _ALLOWED_PACKAGES or source.module in _ALLOWED:
        return
    for node in source.of(ast.Attribute):
        if dotted(node) in _CALLS:
            yield Finding(node.lineno, "take the time from the injected clock")


_CASE: Final = "services/learner-api/src/learner_api/application/amend_learner.py"
RULE: Final = Rule(
    name="no-now",
    check=check,
    good=(
        Example(_CASE, "def amend(clock):\n    return clock.now()\n"),
        Example(_CASE, "import time\n\ndef pace():\n    return time.monotonic()\n"),
        Example(
            "libs/chassis/src/matricula_chassis/clock.py",
            "from datetime import UTC, datetime\n\ndef now():\n    return datetime.now(UTC)\n",
        ),
    ),
    bad=(
        Example(_CASE, "from datetime import UTC, datetime\n\nSTARTED = datetime.now(UTC)\n"),
        Example(_CASE, "import datetime\n\ndef today():\n    return datetime.date.today()\n"),
        Example(_CASE, "import time\n\ndef stamp():\n    return time.time()\n"),
        Example(_CASE, "created: datetime = field(default_factory=datetime.utcnow)\n"),
    ),
)
