"""What the use cases need from outside, as protocols."""

from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol, Self
from uuid import UUID

from consent_registry.domain.agreement import Agreement, AgreementUse
from consent_registry.domain.lawful_basis import LawfulBasis
from matricula_chassis.audit import ActionContext
from matricula_contracts.events import Event


class Agreements(Protocol):
    """Agreements of one transaction."""

    async def add(self, one: Agreement) -> None:
        """Insert a new agreement."""

    async def change(self, one: Agreement) -> None:
        """Store the next version of a locked agreement."""

    async def get(self, agreement_id: UUID, *, ukprn: int, lock: bool = False) -> Agreement:
        """Return a provider's agreement; raises NotFound."""

    async def page(self, *, ukprn: int, after: UUID | None, limit: int) -> list[Agreement]:
        """Return agreements, the newest first."""

    async def with_partner(self, partner_id: str, *, ukprn: int) -> list[Agreement]:
        """Return every agreement of a provider with a partner."""

    async def note_use(self, use: AgreementUse) -> bool:
        """Insert a use; say whether it is new."""

    async def uses(
        self, agreement_id: UUID, *, after: UUID | None, limit: int
    ) -> list[AgreementUse]:
        """Return the uses of an agreement, the newest first."""


class LawfulBases(Protocol):
    """Lawful bases of one transaction."""

    async def add(self, one: LawfulBasis) -> None:
        """Insert a new basis."""

    async def change(self, one: LawfulBasis) -> None:
        """Store the next version of a locked basis."""

    async def get(self, basis_id: UUID, *, ukprn: int, lock: bool = False) -> LawfulBasis:
        """Return a provider's basis; raises NotFound."""

    async def page(self, *, ukprn: int, after: UUID | None, limit: int) -> list[LawfulBasis]:
        """Return bases, the newest first."""

    async def for_purpose(self, purpose: str, *, ukprn: int) -> list[LawfulBasis]:
        """Return every basis of a provider for a purpose."""


class Work(Protocol):
    """One transaction: commits on a clean exit; events go out with it."""

    @property
    def agreements(self) -> Agreements:
        """The agreements."""

    @property
    def bases(self) -> LawfulBases:
        """The lawful bases."""

    async def __aenter__(self) -> Self:
        """Open the transaction."""

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        """Commit, or roll back after an error."""

    async def replay_or_claim(self, key: Any, /) -> Any:
        """Return the stored outcome of an idempotency key, or claim it."""

    async def store_outcome(self, outcome: Any, /) -> None:
        """Store the outcome of the claimed key."""

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
        """Record a contract event with its audit facts."""


WorkFactory = Callable[[ActionContext], Work]
