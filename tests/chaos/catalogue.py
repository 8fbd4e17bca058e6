"""The faults, as data: what is struck, when during the job, and how. Strikes at nothing itself.

Moments of the job: `upload` (half of the file is there), `check` (the file is whole and is being
checked), `live` (a coordinator has verified it, records become learners), `parts` (meanwhile another
file is validated, and the first of its parts is), `findings` (the first live learners are checked).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SERVING: Final = frozenset({"learner-api", "consent-registry", "ilr-validator"})
SERVER_UNITS: Final = frozenset({"postgres", "kafka"})
PARTS_OF_FILE: Final = 6
"""The parts in which the file of the job is validated."""


class Moment(StrEnum):
    """When during the job."""

    UPLOAD = "upload"
    CHECK = "check"
    LIVE = "live"
    PARTS = "parts"
    FINDINGS = "findings"


class Blow(StrEnum):
    """How a process is struck."""

    KILL = "kill -9"
    RESTART = "restart"
    CRASH = "crash"
    PAUSE = "SIGSTOP"
    FULL_DISK = "full disk"


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of the table. `point` and `passes` belong to crashes: the n-th pass of the point.

    `note` says what it was about where one point stands for several things.
    A process with an armed crash point is held until its moment, so that it meets real work.
    """

    unit: str
    moment: Moment
    blow: Blow = Blow.KILL
    point: str = ""
    passes: int = 1
    note: str = ""

    @property
    def label(self) -> str:
        """The fault in words."""
        if self.blow is Blow.CRASH:
            return f"{self.unit} dies at `{self.point}`{self.note and f', {self.note}'}"
        if self.blow is Blow.PAUSE:
            return f"{self.blow} of {self.unit}, another takes over"
        if self.blow is Blow.FULL_DISK:
            return "full disk under the upload"
        return f"{self.blow} of {self.unit}"

    @property
    def is_held(self) -> bool:
        """Whether the armed process waits for its moment; what serves requests cannot wait."""
        return self.blow is Blow.CRASH and self.unit not in SERVING


def crash(unit: str, point: str, moment: Moment, passes: int = 1, note: str = "") -> Fault:
    """Return the fault of a process that dies at a named crash point."""
    return Fault(unit, moment, Blow.CRASH, point, passes, note)


UPLOAD, CHECK, LIVE = Moment.UPLOAD, Moment.CHECK, Moment.LIVE
PARTS, FINDINGS = Moment.PARTS, Moment.FINDINGS

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
OF_THE_PLATFORM: Final = (
    *KILLS, *UNITS_OF_WORK, *RELAYS, *CONSUMERS, *SEALER, *SERVERS, FULL_DISK,
)  # fmt: skip

_SERVE, _WORK = "ilr-validator", "ilr-validator-work"
_CONSUME, _RELAY = "ilr-validator-consume", "ilr-validator-relay"
VALIDATOR_KILLS: Final = tuple(
    Fault(unit, moment)
    for moment in (PARTS, FINDINGS)
    for unit in (_SERVE, _WORK, _CONSUME, _RELAY)
)
# The worker stores one thing at a time: the file once opened, each of its parts, the whole.
VALIDATOR_WORK: Final = (
    crash(_WORK, "consumer.before_commit", PARTS, note="file opened"),
    crash(_WORK, "consumer.after_inbox", PARTS, 3, "a part"),
    crash(_WORK, "consumer.before_commit", PARTS, 4, "a part"),
    crash(_WORK, "consumer.after_commit_before_offset", PARTS, 5, "a part"),
    crash(_WORK, "consumer.before_commit", PARTS, PARTS_OF_FILE + 2, "the whole"),
)
VALIDATOR_CRASHES: Final = (
    *(crash(_SERVE, f"uow.{p}", PARTS) for p in ("before_outbox", "before_commit", "after_commit")),
    *VALIDATOR_WORK,
    *(crash(_CONSUME, f"consumer.{place}", FINDINGS, 2) for place in _CONSUMER_POINTS),
    *(
        crash(_RELAY, f"relay.{place}", PARTS)
        for place in ("after_read", "after_send_before_mark", "after_mark")
    ),
)
VALIDATOR_SERVERS: Final = tuple(
    Fault(unit, PARTS, blow) for unit in ("postgres", "kafka") for blow in (Blow.RESTART, Blow.KILL)
)
PAUSE: Final = Fault(_WORK, PARTS, Blow.PAUSE)
OF_THE_VALIDATOR: Final = (*VALIDATOR_KILLS, *VALIDATOR_CRASHES, *VALIDATOR_SERVERS, PAUSE)
EVERY_FAULT: Final = (*OF_THE_PLATFORM, *OF_THE_VALIDATOR)


def jobs(faults: Sequence[Fault], *, together: int) -> list[list[Fault]]:
    """Share faults out to jobs: up to `together` different processes in one, servers alone.

    So are faults of the surroundings: a full disk, and a process that another one stands in for.
    """
    shared: list[list[Fault]] = []
    alone = []
    often = Counter(fault.unit for fault in faults)
    for fault in sorted(faults, key=lambda one: -often[one.unit]):
        if fault.unit in SERVER_UNITS or fault.blow in {Blow.FULL_DISK, Blow.PAUSE}:
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
