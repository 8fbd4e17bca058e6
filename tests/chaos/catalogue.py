"""The faults, as data: what is struck, when during the job, and how. Strikes at nothing itself.

Moments of the job: `upload` (half of the file is there), `check` (the file is whole and is being
checked), `live` (a coordinator has verified it, records become learners).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SERVING: Final = frozenset({"learner-api", "consent-registry"})


class Moment(StrEnum):
    """When during the job."""

    UPLOAD = "upload"
    CHECK = "check"
    LIVE = "live"


class Blow(StrEnum):
    """How a process is struck."""

    KILL = "kill -9"
    RESTART = "restart"
    CRASH = "crash"
    FULL_DISK = "full disk"


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of the table. `point` and `passes` belong to crashes: the n-th pass of the point.

    A process with an armed crash point is held until its moment, so that it meets real work.
    """

    unit: str
    moment: Moment
    blow: Blow = Blow.KILL
    point: str = ""
    passes: int = 1

    @property
    def label(self) -> str:
        """The fault in words."""
        if self.blow is Blow.CRASH:
            return f"{self.unit} dies at `{self.point}`"
        if self.blow is Blow.FULL_DISK:
            return "full disk under the upload"
        return f"{self.blow} of {self.unit}"

    @property
    def is_held(self) -> bool:
        """Whether the armed process waits for its moment; what serves requests cannot wait."""
        return self.blow is Blow.CRASH and self.unit not in SERVING


def crash(unit: str, point: str, moment: Moment, passes: int = 1) -> Fault:
    """Return the fault of a process that dies at a named crash point."""
    return Fault(unit, moment, Blow.CRASH, point, passes)


UPLOAD, CHECK, LIVE = Moment.UPLOAD, Moment.CHECK, Moment.LIVE

KILLS: Final = (
    Fault("gateway", UPLOAD),
    Fault("learner-api", UPLOAD),
    Fault("gateway-relay", UPLOAD),
    Fault("issuer", UPLOAD),
    Fault("learner-api-intake", CHECK),
    Fault("consent-registry", CHECK),
    Fault("learner-api-relay", CHECK),
    Fault("consent-registry-consume", CHECK),
    Fault("consent-registry-relay", LIVE),
    Fault("event-log", LIVE),
    Fault("event-log-consume", LIVE),
    Fault("event-log-seal", LIVE),
    Fault("event-log-relay", LIVE),
)
UNITS_OF_WORK: Final = (
    crash("learner-api", "uow.before_outbox", UPLOAD, 7),
    crash("learner-api", "uow.before_commit", UPLOAD, 7),
    crash("learner-api", "uow.after_commit", UPLOAD, 7),
    crash("consent-registry", "uow.before_outbox", CHECK),
    crash("consent-registry", "uow.before_commit", CHECK),
    crash("consent-registry", "uow.after_commit", CHECK),
    crash("learner-api-intake", "uow.before_outbox", CHECK, 6),
    crash("learner-api-intake", "uow.before_commit", CHECK, 8),
    crash("learner-api-intake", "uow.after_commit", CHECK, 10),
    crash("learner-api-intake", "uow.before_outbox", LIVE, 6),
    crash("learner-api-intake", "uow.before_commit", LIVE, 6),
    crash("learner-api-intake", "uow.after_commit", LIVE, 6),
)
RELAYS: Final = tuple(
    crash("learner-api-relay", f"relay.{place}", CHECK)
    for place in ("after_read", "after_send_before_mark", "after_mark")
)
_CONSUMER_POINTS: Final = ("after_inbox", "before_commit", "after_commit_before_offset")
CONSUMERS: Final = (
    *(crash("event-log-consume", f"consumer.{place}", LIVE) for place in _CONSUMER_POINTS),
    # What it applies is that the check has ended.
    *(crash("consent-registry-consume", f"consumer.{place}", CHECK) for place in _CONSUMER_POINTS),
)
_SEALER_POINTS: Final = (
    "before_move",
    "before_tiles",
    "before_batch_commit",
    "after_batch_commit",
    "after_sign",
    "before_high_water",
    "after_high_water",
)
SEALER: Final = tuple(crash("event-log-seal", f"sealer.{p}", LIVE) for p in _SEALER_POINTS)
SERVERS: Final = (
    Fault("postgres", CHECK, Blow.RESTART),
    Fault("postgres", LIVE),
    Fault("kafka", CHECK, Blow.RESTART),
    Fault("kafka", CHECK),
)
FULL_DISK: Final = Fault("learner-api", UPLOAD, Blow.FULL_DISK)
EVERY_FAULT: Final = (
    *KILLS, *UNITS_OF_WORK, *RELAYS, *CONSUMERS, *SEALER, *SERVERS, FULL_DISK,
)  # fmt: skip


def jobs(faults: Sequence[Fault], *, together: int) -> list[list[Fault]]:
    """Share faults out to jobs: up to `together` different processes in one, servers alone."""
    shared: list[list[Fault]] = []
    alone = []
    often = Counter(fault.unit for fault in faults)
    for fault in sorted(faults, key=lambda one: -often[one.unit]):
        if fault in SERVERS or fault.blow is Blow.FULL_DISK:
            alone.append([fault])
            continue
        fitting = (
            job
            for job in shared
            if len(job) < together and all(one.unit != fault.unit for one in job)
        )
        job = next(fitting, None)
        if job is None:
            shared.append(job := [])
        job.append(fault)
    return shared + alone
