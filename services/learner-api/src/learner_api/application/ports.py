"""What the use cases need from outside, as protocols. No implementation, no third-party types."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self
from uuid import UUID

from learner_api.domain.learner_version import (
    HistoryEntry,
    Identity,
    LearnerVersion,
    StoredLearner,
)
from learner_api.domain.record import ParsedRecord
from learner_api.domain.record_file import FileHead
from learner_api.domain.staged import Coverage, PendingPerson, StagedRecord
from learner_api.domain.submission import Counts, Submission, Verification
from matricula_chassis.audit import ActionContext
from matricula_contracts.events import Event


class Learners(Protocol):
    """Live learners of one transaction."""

    async def add(self, versions: Sequence[LearnerVersion]) -> int: ...
    async def replace(self, versions: Sequence[LearnerVersion]) -> None: ...
    async def lock(self, ids: Sequence[UUID]) -> dict[UUID, int]: ...
    async def load(self, ids: Sequence[UUID], *, ukprn: int) -> list[StoredLearner]: ...
    async def history(self, one: StoredLearner) -> list[HistoryEntry]: ...
    async def identities(self, ids: Sequence[UUID]) -> dict[UUID, Identity]: ...
    async def references(
        self, ukprn: int, names: Sequence[str]
    ) -> dict[str, tuple[UUID, bytes]]: ...
    async def with_uln(self, indexes: Sequence[int]) -> dict[int, list[UUID]]: ...
    async def matching(
        self, ukprn: int, wanted: Mapping[str, int], *, limit: int
    ) -> list[UUID]: ...
    async def page(
        self,
        ukprn: int,
        *,
        after: tuple[datetime, UUID] | None,
        limit: int,
        learn_ref_number: str | None = None,
        updated_since: datetime | None = None,
    ) -> list[tuple[UUID, datetime]]: ...


class StagedRecords(Protocol):
    """Staged records of one transaction."""

    async def last_position(self, submission_id: UUID) -> int | None: ...
    async def add(self, records: Sequence[StagedRecord]) -> None: ...
    async def drop(self, submission_id: UUID) -> None: ...
    async def refresh_duplicates(self, submission_id: UUID) -> None: ...
    async def counts(self, submission_id: UUID) -> dict[str, int]: ...
    async def counts_by_reason(self, submission_id: UUID) -> dict[str, int]: ...
    async def pending(
        self,
        *,
        ukprn: int,
        uln_indexes: Sequence[int],
        references: Sequence[str],
        before: datetime,
        but: UUID,
    ) -> list[PendingPerson]: ...
    async def page(
        self,
        submission_id: UUID,
        *,
        after: int | None,
        limit: int,
        state: str | None = None,
        reason: str | None = None,
    ) -> list[StagedRecord]: ...
    async def one(
        self, submission_id: UUID, record_id: UUID, *, lock: bool = False
    ) -> StagedRecord: ...
    async def accepted(
        self, submission_id: UUID, *, only: Sequence[UUID] | None, limit: int
    ) -> list[StagedRecord]: ...
    async def correct(self, record: StagedRecord) -> None: ...
    async def change(self, record_id: UUID, **values: Any) -> None: ...
    async def mark_live(
        self,
        learners: Mapping[UUID, UUID],
        *,
        at: datetime,
        by: str,
        method: str,
        sample: int | None,
    ) -> None: ...
    async def erase_oldest(
        self, *, states: Sequence[str], before: datetime
    ) -> tuple[UUID, int] | None: ...
    async def absent_learners(
        self, submission_id: UUID, *, ukprn: int, after: str | None, limit: int
    ) -> list[tuple[str, UUID]]: ...


class Submissions(Protocol):
    """Submissions and verifications of one transaction."""

    async def add(self, one: Submission) -> None: ...
    async def get(
        self, submission_id: UUID, *, ukprn: int, partner: str | None = None, lock: bool = False
    ) -> Submission: ...
    async def claimed(self, submission_id: UUID, *, lock: bool = False) -> Submission: ...
    async def same_file(self, *, ukprn: int, partner: str, sha256: bytes) -> Submission | None: ...
    async def page(
        self,
        *,
        ukprn: int,
        partner: str | None,
        after: tuple[datetime, UUID] | None,
        limit: int,
    ) -> list[Submission]: ...
    async def change_and_tell(self, one: Submission, **values: Any) -> int: ...
    async def change(self, one: Submission, **values: Any) -> None: ...
    async def progress(self, submission_id: UUID, *, counts: Counts, read_bytes: int) -> None: ...
    async def workable(self, *, now: datetime, limit: int) -> list[UUID]: ...
    async def expired_uploads(self, *, before: datetime, limit: int) -> Sequence[UUID]: ...
    async def abandoned_uploads(self, *, before: datetime, limit: int) -> Sequence[UUID]: ...
    async def ask_verification(self, one: Verification) -> None: ...
    async def verification(self, verification_id: UUID, *, lock: bool = False) -> Verification: ...
    async def verifications(self, submission_id: UUID) -> list[Verification]: ...
    async def change_verification(self, verification_id: UUID, **values: Any) -> None: ...
    async def open_verifications(self, *, now: datetime, limit: int) -> list[UUID]: ...


class Work(Protocol):
    """One transaction: commits on a clean exit; events go out with it."""

    @property
    def learners(self) -> Learners: ...
    @property
    def staging(self) -> StagedRecords: ...
    @property
    def submissions(self) -> Submissions: ...

    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...
    async def replay_or_claim(self, key: Any) -> Any: ...
    async def store_outcome(self, outcome: Any) -> None: ...
    def publish(
        self,
        event: Event,
        *,
        subject: UUID | str,
        sequence: int,
        action: str,
        resource_type: str,
        **facts: Any,
    ) -> None:
        """Record a contract event with its audit facts; written last, at commit."""


WorkFactory = Callable[[ActionContext], Work]
"""Makes the transaction of one actor on one occasion."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Consent-registry says no: the slug of a problem of the catalogue."""

    problem: str


class ConsentRegistry(Protocol):
    """Asks whether a partner may send this provider this data set, for this purpose."""

    async def coverage(
        self, *, partner: str, ukprn: int, at: datetime, correlation_id: str
    ) -> Coverage | Refusal:
        """Return what is covered; raises Unavailable when consent-registry cannot be reached."""


class Indexes(Protocol):
    """Keyed digests: equal values give equal results, and tell nothing without the key."""

    def uln(self, uln: int) -> int: ...
    def digest(self, canonical: bytes) -> bytes: ...
    def of_query(self, query: Mapping[str, Any]) -> dict[str, int]: ...


class RecordFile(Protocol):
    """An uploaded file being read: CPU-bound, for a worker thread."""

    @property
    def format(self) -> str: ...
    @property
    def bytes_read(self) -> int: ...
    def head(self) -> FileHead: ...
    def records(self) -> Iterator[ParsedRecord]: ...


class Uploads(Protocol):
    """The encrypted raw files."""

    async def create(self, submission_id: UUID) -> None: ...
    async def append(
        self, submission_id: UUID, offset: int, chunks: AsyncIterator[bytes]
    ) -> int: ...
    async def offset(self, submission_id: UUID) -> int: ...
    async def finish(self, submission_id: UUID) -> bytes:
        """Seal the file and return the SHA-256 of its plain bytes."""

    async def discard(self, submission_id: UUID) -> None: ...
    async def open(
        self, submission_id: UUID, *, media_type: str
    ) -> AbstractContextManager[RecordFile]: ...
