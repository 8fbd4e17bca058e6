"""A thread of its own for checking, so that the event loop answers meanwhile.

One file is worked on at a time; more processors are used by more processes.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ilr_validator.adapters.checking.checks import FileChecks
from ilr_validator.application.ports import CheckedPart, Merged, Prepared, Unfit
from ilr_validator.domain.validation import Shard, Validation

ResultT = TypeVar("ResultT")


class CheckingThread:
    """Calls `FileChecks` in one thread."""

    def __init__(self, checks: FileChecks, *, name: str) -> None:
        self._checks = checks
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def warm_up(self) -> None:
        """Load what every file needs."""
        await self._call(self._checks.warm_up)

    async def prepare(self, one: Validation) -> Prepared | Merged | Unfit:
        """Open a file and find its learners."""
        return await self._call(lambda: self._checks.prepare(one))

    async def check(self, one: Validation, shard: Shard) -> CheckedPart:
        """Check a part."""
        return await self._call(lambda: self._checks.check(one, shard))

    async def merge(self, one: Validation, parts: Sequence[bytes]) -> Merged:
        """Put together what the parts found."""
        return await self._call(lambda: self._checks.merge(one, parts))

    def close(self) -> None:
        """End the thread when it has done what it is at."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._checks.close()

    async def _call(self, work: Callable[[], ResultT]) -> ResultT:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
