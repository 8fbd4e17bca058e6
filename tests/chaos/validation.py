"""The coordinator's part of the job: a file is validated in parts while learners go live.

The provider is one of the sample reference data, or its file would be refused. The same learners
are in each file; the time in its head makes it another file, or the platform would know it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Final
from uuid import UUID

from tests.chaos.catalogue import PARTS_OF_FILE, Moment
from tests.chaos.strikes import NotStruckError, Strikes
from tests.chaos.truth import Truth
from tests.e2e.users import Users, until
from tests.e2e.validations import ENDED, send

from matricula_localstack.demo.platform_client import Actor
from matricula_testkit.ilr import head
from matricula_testkit.ilr.sample import write_sample

REGISTERED: Final = 10_000_008
"""A provider of the sample reference data that no other test uses."""
LEARNERS: Final = PARTS_OF_FILE * 1_000 - 700
_SEED: Final = 78
_FAULTS: Final = (
    "uln_check_digit:30,dates_inconsistent:30,duplicate_learner:12,duplicate_uln:5,"
    "employer_id_check_digit:5"
)
_MOMENT_SECONDS: Final = 60.0
_HELD_SECONDS: Final = 0.6
_NUMBERS: Final = count(1)


def write_file(folder: Path) -> Path:
    """Write the next file of the provider; blocks for about a second."""
    number = next(_NUMBERS)
    sample = write_sample(
        folder / f"validated-{number}",
        learners=LEARNERS,
        seed=_SEED,
        faults=_FAULTS,
        ukprn=REGISTERED,
    )
    (path,) = sample.paths
    written = head.PREPARED + timedelta(seconds=_SEED)
    later = written + timedelta(seconds=number)
    text = path.read_bytes()
    before, after = (f"<DateTime>{one.isoformat()}<".encode() for one in (written, later))
    path.write_bytes(text.replace(before, after, 1))
    return path.rename(path.with_name(f"{head.stem(REGISTERED, written=later)}.xml"))


async def validate(
    users: Users, truth: Truth, coordinator: Actor, file: Path, strikes: Strikes
) -> UUID:
    """Have the file validated while its moment's faults happen; return the validation's id."""
    sent = await send(users, coordinator, file)
    validation_id = UUID(sent["validation_id"])
    await moment(strikes, Moment.PARTS, lambda: truth.is_checked_in_part(validation_id))
    await strikes.at(Moment.PARTS)
    async with strikes.stand_in() as is_needed:
        if is_needed and not await truth.is_checked_in_part(validation_id):
            raise NotStruckError("the worker had nothing left to do when it was paused")
        await _ended(users, coordinator, validation_id)
    return validation_id


async def moment(strikes: Strikes, which: Moment, has_come: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what makes the moment; for a little while only where a process waits for it."""
    is_held = strikes.holds(which)
    seconds = _HELD_SECONDS if is_held else _MOMENT_SECONDS
    try:
        await until(has_come, bool, seconds=seconds, every=0.01)
    except TimeoutError:
        if not is_held:
            raise


async def reports(
    users: Users, coordinator: Actor, validation_id: UUID
) -> Sequence[tuple[str, bytes]]:
    """Return the reports by kind, as the coordinator fetches them."""
    where = f"/v1/validations/{validation_id}"
    kinds = (await users.calls.get(coordinator, where))["reports"]
    answers = await asyncio.gather(
        *(users.calls.call(coordinator, "GET", f"{where}/reports/{kind}") for kind in kinds)
    )
    return [(kind, answer.content) for kind, answer in zip(kinds, answers, strict=True)]


async def _ended(users: Users, coordinator: Actor, validation_id: UUID) -> None:
    await until(
        lambda: users.calls.get(coordinator, f"/v1/validations/{validation_id}"),
        lambda found: found["state"] in ENDED,
    )
