"""The table of faults as a page of the documentation: what was done, what was lost, how fast back.

Knows the machine by its size only, never by a name.
"""

import os
import platform
import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import psutil

_GIB: Final = 1 << 30
PLATFORM: Final = "Faults"
VALIDATOR: Final = "Faults of the validator"
_MEASURED: Final = """\
Measured by `make chaos` on {day}: {cores} cores{shared}, {memory:.0f} GiB of memory, {system}, Python
{python}, real PostgreSQL and Kafka, everything on one machine.
"""
_COLUMNS: Final = """
| fault | moment | runs | lost | doubled | unfinished | recovery p50, s | max, s |
|---|---|---:|---:|---:|---:|---:|---:|
"""
_OF_THE_PLATFORM: Final = """
Each run is one job: a partner pushes a file of {learners} learners in two parts, it is checked, a
coordinator verifies it, {live} records become learners and are checked by the rules of the year, and
meanwhile another file is validated in parts. Up to five different processes are
struck, PostgreSQL, Kafka and the disk each in a job of their own. A client that
repeats what failed in passing (same Idempotency-Key, upload continued at its offset) does the work;
nobody repairs anything. Afterwards the databases and the sealed log are compared with those of an
undisturbed job: staged records and their outcomes, live learners, history, uses of the agreement,
what [the validator](#faults-of-the-validator) made, events by type, subject and sequence; every event
of every outbox must be published and sealed.

- **lost**: facts or events of the undisturbed job that are missing, over all runs; it counts for
  every fault of the job.
- **doubled**: facts or events that are there although the undisturbed job does not have them; likewise.
- **unfinished**: runs whose job or recovery did not end within its time.
- **recovery**: seconds from the blow until the process says it is ready again, the back-off of the
  supervisor and the start of the process included. For PostgreSQL and Kafka: until every process of
  the platform is. For the full disk: from the moment space returns until the job is done.

`MATRICULA_CHAOS_RUNS` says how often each fault happens (5 when it is not set),
`MATRICULA_CHAOS_MINUTES` ends it early; a fault that was not reached says *not run*.
"""
_OF_THE_VALIDATOR: Final = """
The same job, struck while {validated} learners of a second file are validated in {parts} parts (`parts`:
the first is done) or while the first live learners are checked (`findings`). The counts are those of
the first table. What is compared of the validator: the state in which the validation ended, its counts
and its findings by rule, severity, learner and aim; the lines of its report and the kinds of reports;
parts left over; each event about it, once; of each live learner the check and the findings. The findings
of live learners are also compared with a check made anew of what the partner sent (a difference counts
as lost), and nothing may be parked.

Where the worker is stopped with SIGSTOP between two parts or in one, another one is started and must end
the validation alone; then the first one is woken and goes on with what it has in hand. Recovery is the
time from the stop to that end.

`MATRICULA_CHAOS_ONLY=validator` measures this table alone, `=platform` the first.
"""


@dataclass(slots=True)
class Row:
    """One fault: sums and recovery times over its runs. `not_run` says why there is none."""

    label: str
    moment: str
    lost: int = 0
    doubled: int = 0
    unfinished: int = 0
    recoveries: list[float] = field(default_factory=list)
    not_run: str = ""

    @property
    def runs(self) -> int:
        """How often it was done."""
        return len(self.recoveries) + self.unfinished

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost or doubled and every run ended."""
        return self.lost == self.doubled == self.unfinished == 0

    def line(self) -> str:
        """Return the row as Markdown."""
        if self.runs == 0:
            why = f"*not run*: {self.not_run}" if self.not_run else "*not run*"
            return f"| {self.label} | {self.moment} | {why} | | | | | |"
        times = "| |"
        if self.recoveries:
            p50, worst = statistics.median(self.recoveries), max(self.recoveries)
            times = f"{p50:.1f} | {worst:.1f} |"
        return (
            f"| {self.label} | {self.moment} | {self.runs} | {self.lost} | {self.doubled} "
            f"| {self.unfinished} | {times}"
        )


def page(
    tables: Mapping[str, Sequence[Row]],
    *,
    before: str,
    facts: Mapping[str, int],
    environ: Mapping[str, str],
) -> str:
    """Return the whole page: these tables anew, by title, the others as they were `before`.

    MATRICULA_CHAOS_SHARED=1 says that the machine had other work.
    """
    texts = dict(sections(before))
    for title, rows in tables.items():
        texts[title] = _section(title, rows, facts=facts, environ=environ)
    return "\n".join(texts[title] for title in (PLATFORM, VALIDATOR) if title in texts)


def sections(text: str) -> Iterator[tuple[str, str]]:
    """Yield the sections of a page with their titles; each ends with one line break."""
    for part in re.split(r"^(?=#)", text, flags=re.MULTILINE):
        if part:
            yield part.partition("\n")[0].lstrip("# "), f"{part.rstrip()}\n"


def _section(
    title: str, rows: Sequence[Row], *, facts: Mapping[str, int], environ: Mapping[str, str]
) -> str:
    mark, told = ("#", _OF_THE_PLATFORM) if title == PLATFORM else ("##", _OF_THE_VALIDATOR)
    measured = _MEASURED.format(
        day=date.today().isoformat(),  # noqa: DTZ011 - the day on which somebody measured
        cores=os.cpu_count(),
        shared=" (shared with other work)" if environ.get("MATRICULA_CHAOS_SHARED") else "",
        memory=psutil.virtual_memory().total / _GIB,
        system=platform.system(),
        python=platform.python_version(),
    )
    lines = "".join(f"{row.line()}\n" for row in rows)
    return f"{mark} {title}\n\n{measured}{told.format(**facts)}{_COLUMNS}{lines}"
