"""What the use cases of validations need of the outside."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self
from uuid import UUID

from ilr_validator.domain.findings import FindingFilter, FindingRow
from ilr_validator.domain.validation import Shard, Validation
from matricula_chassis.audit import ActionContext
from matricula_contracts.events import Event


@dataclass(frozen=True, slots=True)
class Received:
    """A file that arrived whole."""

    size: int
    digest: bytes
    """SHA-256 of its bytes."""
    wrapped_key: bytes


@dataclass(frozen=True, slots=True)
class CheckedPart:
    """What was found in one part of a file."""

    result: bytes
    """Sealed; `Checks.merge` reads it."""
    learners: int
    errors: int
    warnings: int
    findings: Sequence[FindingRow]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file whose learners can be checked."""

    academic_year: str
    return_name: str | None
    pack_version: str
    reference_digest: str | None
    learners: int
    parts: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Merged:
    """A file whose findings were put together, or that was refused as a whole."""

    report_folder: UUID
    report_kinds: tuple[str, ...]
    academic_year: str
    return_name: str | None
    pack_version: str
    errors: int
    warnings: int
    not_run: Mapping[str, int]
    findings: Sequence[FindingRow]
    """Those that no part found by itself."""
    refused_in: int | None = None
    """The part that made the whole file refused: what was found from there on does not count."""
    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class Unfit:
    """A file that cannot be validated at all; `problem` is the slug that says why."""

    problem: str


class Checks(Protocol):
    """Works out, apart from the event loop, what a file holds and breaks. Repeating is safe."""

    async def prepare(self, one: Validation) -> Prepared | Merged | Unfit: ...
    async def check(self, one: Validation, shard: Shard) -> CheckedPart: ...
    async def merge(self, one: Validation, parts: Sequence[bytes]) -> Merged: ...


class Files(Protocol):
    """Keeps files and reports, encrypted under a key of each validation."""

    async def receive(self, validation_id: UUID, chunks: AsyncIterator[bytes]) -> Received: ...
    async def erase(self, validation_id: UUID) -> None: ...
    async def erase_orphans(
        self, known: Callable[[Sequence[UUID]], Any], before: datetime
    ) -> int: ...
    def seal_name(self, validation_id: UUID, wrapped_key: bytes, name: str) -> bytes: ...


class Validations(Protocol):
    """The rows of validations, their parts and findings."""

    async def add(self, one: Validation) -> None: ...
    async def alike(self, *, ukprn: int, likeness: bytes) -> Validation | None: ...
    async def get(self, validation_id: UUID, *, ukprn: int) -> Validation: ...
    async def find(self, validation_id: UUID, *, lock: bool = False) -> Validation | None: ...
    async def change(self, one: Validation, **values: Any) -> Validation: ...
    async def page(
        self, *, ukprn: int, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[Validation]: ...
    async def expired(self, *, before: datetime, limit: int) -> Sequence[UUID]: ...
    async def known(self, ids: Sequence[UUID]) -> set[UUID]: ...
    async def add_shards(self, shards: Sequence[Shard]) -> None: ...
    async def shard(self, validation_id: UUID, number: int) -> tuple[Shard, bool] | None: ...
    async def store_result(self, shard: Shard, result: bytes, *, now: datetime) -> bool: ...
    async def results(self, validation_id: UUID) -> Sequence[bytes]: ...
    async def drop_shards(self, validation_id: UUID) -> None: ...
    async def add_findings(self, validation_id: UUID, rows: Sequence[FindingRow]) -> None: ...
    async def drop_findings(self, validation_id: UUID, *, behind: int = 0) -> int: ...
    async def findings(
        self, validation_id: UUID, *, wanted: FindingFilter, after: int, limit: int
    ) -> Sequence[FindingRow]: ...


class Work(Protocol):
    """One transaction."""

    @property
    def validations(self) -> Validations: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
    def publish(
        self,
        event: Event,
        *,
        subject: UUID | str,
        sequence: int,
        action: str,
        resource_type: str,
        **facts: Any,
    ) -> None: ...


WorkFactory = Callable[[ActionContext], Work]
