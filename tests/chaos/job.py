"""The job that faults disturb: a partner's file becomes learners, for a provider of its own.

While they become learners, another file is validated in parts.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from tests.chaos import validation, validator_truth
from tests.chaos.catalogue import FULL_DISK, Blow, Fault, Moment
from tests.chaos.full_disk import SmallDisk, small_disk
from tests.chaos.patient import PatientClient
from tests.chaos.strikes import Strikes
from tests.chaos.truth import Result, Truth
from tests.e2e.own_stack import OwnStack
from tests.e2e.users import Provider, Users, until

from matricula_localstack.demo.platform_client import Actor
from matricula_testkit.ilr.learners import learner
from matricula_testkit.ilr.plan import Plan, parse
from matricula_testkit.ilr.sample import write_sample

LEARNERS: Final = 300
SEED: Final = 77
FAULTS: Final = "schema:4,uln_check_digit:3,duplicate_learner:2,dates_inconsistent:3"
_NOT_YET: Final = frozenset({"receiving", "received"})
_MOMENT_SECONDS: Final = 0.6
_TRAFFIC_SECONDS: Final = 0.3
VIOLATIONS: Final = "violations.csv"
_INSUFFICIENT_STORAGE: Final = 507
_REALLY_FULL: Final = 3  # so many refusals before space returns


@dataclass(frozen=True, slots=True)
class Files:
    """The two files of a job: the partner's, and the one that the coordinator has validated."""

    pushed: Path
    validated: Path
    coordinator: Actor
    """Who has the second one validated: another provider's."""


@dataclass(frozen=True, slots=True)
class Done:
    """What the platform calls the work of a job."""

    submission_id: UUID
    validation_id: UUID


@dataclass(frozen=True, slots=True)
class Report:
    """What one disturbed job showed: its result, recovery by unit, events lost or doubled."""

    result: Result
    recovery: dict[str, float]
    unsealed: int
    doubled_in_log: int
    dead_letters: int
    unlike_fresh: int
    """Findings of live learners that differ from those of a check made anew."""
    refused: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Laboratory:
    """A platform, its users with patience, and the truth."""

    own: OwnStack
    users: Users
    calls: PatientClient
    truth: Truth
    folder: Path

    async def job(self, faults: Sequence[Fault] = ()) -> Report:
        """Do the job once while these faults happen."""
        since = datetime.now(UTC) - timedelta(milliseconds=1)
        provider = await self.users.provider()
        await self.users.agree(provider)
        sample = write_sample(
            self.folder / str(provider.ukprn),
            learners=LEARNERS,
            seed=SEED,
            faults=FAULTS,
            ukprn=provider.ukprn,
        )
        self.calls.seen.clear()
        files = Files(
            sample.paths[0],
            await asyncio.to_thread(validation.write_file, self.folder),
            (await self.users.provider(validation.REGISTERED)).coordinator,
        )
        if any(one.blow is Blow.FULL_DISK for one in faults):
            done, recovery = await self._on_a_full_disk(provider, files)
        else:
            done, recovery = await self._struck(provider, files, faults)
        unsealed = await self.truth.drained(since=since, ukprn=provider.ukprn)
        result = await self.truth.result(
            ukprn=provider.ukprn, submission_id=done.submission_id, validation_id=done.validation_id
        )
        for kind, content in await validation.reports(
            self.users, files.coordinator, done.validation_id
        ):
            result.facts.update(report_facts(kind, content))
        return Report(
            result,
            recovery,
            unsealed,
            await self.truth.doubled_in_log(),
            await self.truth.dead_letters(),
            await asyncio.to_thread(unlike_fresh, result, ukprn=provider.ukprn),
            dict(self.calls.seen),
        )

    async def _struck(
        self, provider: Provider, files: Files, faults: Sequence[Fault]
    ) -> tuple[Done, dict[str, float]]:
        strikes = Strikes(self.own, self.users.http, faults)
        try:
            await strikes.prepare(Moment.UPLOAD, Moment.CHECK)
            async with asyncio.TaskGroup() as group:
                recovering = group.create_task(strikes.recovered())
                done = await self._go_through(provider, files, strikes)
                await self._traffic(provider, recovering)
        finally:
            strikes.abandon()
        return done, recovering.result()

    async def _traffic(
        self, provider: Provider, recovering: asyncio.Task[dict[str, float]]
    ) -> None:
        """Go on reading until the platform is well: work for what has not been struck yet."""
        while not recovering.done():
            await self.calls.get(provider.coordinator, "/v1/learners", limit="1")
            await asyncio.wait({recovering}, timeout=_TRAFFIC_SECONDS)

    async def _go_through(self, provider: Provider, files: Files, strikes: Strikes) -> Done:
        partner, data = provider.partner, await asyncio.to_thread(files.pushed.read_bytes)
        upload = await self.calls.open_upload(partner, size=len(data))
        await self.calls.upload(partner, upload, data[: len(data) // 2])
        await asyncio.gather(strikes.at(Moment.UPLOAD), self.calls.upload(partner, upload, data))
        submission_id = upload.rpartition("/")[2]
        await self._begun(submission_id)
        await strikes.at(Moment.CHECK)
        checked = await self.users.settled(provider.partner, submission_id)
        assert checked["state"] == "checked", checked["state"]
        await strikes.prepare(Moment.LIVE, Moment.PARTS, Moment.FINDINGS)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._go_live(provider, submission_id, strikes))
            validating = group.create_task(
                validation.validate(
                    self.users, self.truth, files.coordinator, files.validated, strikes
                )
            )
        return Done(UUID(submission_id), validating.result())

    async def _go_live(self, provider: Provider, submission_id: str, strikes: Strikes) -> None:
        await self.calls.post(
            provider.coordinator,
            f"/v1/submissions/{submission_id}/verification",
            {"method": "sample", "sample_size": 5},
        )
        await strikes.at(Moment.LIVE)
        await validation.moment(
            strikes, Moment.FINDINGS, lambda: self.truth.has_checked_learners(provider.ukprn)
        )
        await strikes.at(Moment.FINDINGS)
        await self.users.settled(provider.coordinator, submission_id)

    async def _begun(self, submission_id: str) -> None:
        """Wait a moment for the check to begin, so that the blow falls into it."""
        try:
            await until(
                lambda: self.truth.state_of(UUID(submission_id)),
                lambda state: state not in _NOT_YET,
                seconds=_MOMENT_SECONDS,
                every=0.01,
            )
        except TimeoutError:
            return  # its process is held until the moment comes

    async def _on_a_full_disk(
        self, provider: Provider, files: Files
    ) -> tuple[Done, dict[str, float]]:
        folder = self.own.root / "learner-api" / "uploads"
        async with small_disk(folder) as disk:
            async with asyncio.TaskGroup() as group:
                going = group.create_task(
                    self._go_through(provider, files, Strikes(self.own, self.users.http, ()))
                )
                recovery = await self._give_space(disk, going)
            return going.result(), {FULL_DISK.unit: recovery}

    async def _give_space(self, disk: SmallDisk, going: asyncio.Task[Done]) -> float:
        async def refusals() -> int:
            return self.calls.seen[_INSUFFICIENT_STORAGE]

        await until(refusals, lambda seen: seen >= _REALLY_FULL, seconds=90)
        await disk.enlarge()
        began = time.monotonic()
        await going
        return time.monotonic() - began


def report_facts(kind: str, content: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Yield what a report of a validation says: its lines, or how many learners are in it."""
    learners = content.count(b"</Learner>")
    lines = sorted(content.splitlines()) if kind == VIOLATIONS else [b"%d learners" % learners]
    return (("report", kind, line) for line in lines)


def unlike_fresh(result: Result, *, ukprn: int) -> int:
    """Return in how many findings live learners differ from a check of what the partner sent."""
    plan = Plan(parse(FAULTS), learners=LEARNERS, seed=SEED)
    records = [learner(SEED, number) for number in range(LEARNERS)]
    sound = [one for number, one in enumerate(records) if not plan.apply(number, one)]
    sent = {one["LearnRefNumber"]: one for one in sound}
    expected = validator_truth.fresh(sent, ukprn=ukprn)
    found = Counter({fact: n for fact, n in result.facts.items() if fact[0] == "breaks"})  # type: ignore[index]
    return (expected - found).total() + (found - expected).total()
