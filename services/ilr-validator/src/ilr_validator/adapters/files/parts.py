"""Checks the learners of a file part by part, in several processes, and keeps the file's order.

A process is told the range of learners and reads them from the file itself. Only few parts are
under way at once, so that memory does not grow with the file.
"""

import gc
import os
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Final

from ilr_validator.adapters.files import ilr_file
from ilr_validator.adapters.files.ilr_file import IlrFile
from ilr_validator.adapters.files.read_part import read_part
from ilr_validator.application.check import Check, PartResult, check_part
from ilr_validator.engine.record import Message
from ilr_validator.packs.raw import RawTable

WATCH_SECONDS: Final = 0.5
FEWEST_LEARNERS: Final = 1000
PARTS_A_PROCESS: Final = 4
AHEAD: Final = 2
"""Parts that wait for each process, so that none is idle."""


@dataclass(frozen=True, slots=True)
class PartChecker:
    """Reads and checks ranges of learners of one file."""

    file: IlrFile
    check: Check
    message: Message

    def check_range(self, first: int, behind: int) -> PartResult:
        """Check the learners from `first` to before `behind`.

        Raises FileRefusedError where they are malformed or break the loose schema.
        """
        return check_part(self.raw(first, behind), self.check, self.message, first)

    def raw(self, first: int, behind: int) -> Mapping[str, RawTable]:
        """Read a range of learners; raises FileRefusedError like `check_range`."""
        return read_part(self.file, first, behind, self.check.model)


_checker: PartChecker | None = None


def _start(checker: PartChecker) -> None:
    global _checker  # noqa: PLW0603 - what a worker process was started for
    _checker = checker
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    gc.freeze()
    gc.disable()  # nothing here makes cycles, and walking a million short texts costs a third


def _end_with(parent: int) -> None:
    """End this process once its parent is gone: killed, it could not say so, and its lock stays."""
    while os.getppid() == parent:
        time.sleep(WATCH_SECONDS)
    os._exit(1)


def _check(first: int, behind: int) -> PartResult:
    assert _checker is not None  # noqa: S101 - set by the initializer
    return _checker.check_range(first, behind)


def _part_size(learners: int, processes: int) -> int:
    """Give how many learners a part has: many cost less each, but all processes must have some."""
    even = -(-learners // (processes * PARTS_A_PROCESS))
    return min(max(even, FEWEST_LEARNERS), ilr_file.MOST_LEARNERS)


def check_parts(checker: PartChecker, workers: int | None = None) -> Iterator[PartResult]:
    """Check the whole file and give the results in its order.

    Raises FileRefusedError at the first part that is malformed or breaks the loose schema.
    """
    count = workers or os.cpu_count() or 1
    ranges = list(checker.file.parts(_part_size(checker.file.size, count)))
    if count == 1 or len(ranges) == 1:
        yield from (checker.check_range(first, behind) for first, behind in ranges)
        return
    with ExitStack() as stack:
        pool = stack.enter_context(
            ProcessPoolExecutor(
                count, mp_context=get_context("fork"), initializer=_start, initargs=(checker,)
            )
        )
        stack.callback(pool.shutdown, wait=True, cancel_futures=True)
        under_way: deque[Future[PartResult]] = deque()
        for first, behind in ranges:
            if len(under_way) >= count * (1 + AHEAD):
                yield under_way.popleft().result()
            under_way.append(pool.submit(_check, first, behind))
        while under_way:
            yield under_way.popleft().result()
