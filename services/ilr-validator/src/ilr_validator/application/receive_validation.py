"""Use case: take in a file that is to be validated; the same file again is the same validation."""

import hashlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from ilr_validator.application.ports import Files, Received, WorkFactory
from ilr_validator.domain.validation import Validation, ValidationState
from matricula_chassis.audit import ActionContext
from matricula_chassis.clock import Clock
from matricula_chassis.errors import Invalid
from matricula_chassis.ids import IdSource
from matricula_contracts.events import ValidationReceived


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What is sent, by whom and for which return."""

    ukprn: int
    requested_by: str
    file_name: str
    return_name: str | None
    chunks: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveValidation:
    """The use case and its means. `secret` keeps likeness from being worked out of a known file."""

    work: WorkFactory
    files: Files
    clock: Clock
    ids: IdSource
    secret: bytes
    reference_digest: str | None

    async def __call__(self, sent: Sent, context: ActionContext) -> tuple[Validation, bool]:
        """Keep the file and ask for its validation; the second value says whether it is new.

        Raises DomainError("file-too-large"), Invalid("empty-file"), StorageFull.
        """
        validation_id = self.ids.uuid7()
        is_new = False
        try:
            received = await self.files.receive(validation_id, sent.chunks)
            if not received.size:
                raise Invalid("empty-file")
            found, is_new = await self._enter(validation_id, sent, received, context)
        finally:
            if not is_new:
                await self.files.erase(validation_id)
        return found, is_new

    async def _enter(
        self, validation_id: UUID, sent: Sent, received: Received, context: ActionContext
    ) -> tuple[Validation, bool]:
        one = Validation(
            validation_id=validation_id,
            ukprn=sent.ukprn,
            state=ValidationState.RECEIVED,
            version=1,
            likeness=self._likeness(sent, received),
            size=received.size,
            sealed_file_name=self.files.seal_name(
                validation_id, received.wrapped_key, sent.file_name
            ),
            wrapped_key=received.wrapped_key,
            requested_by=sent.requested_by,
            received_at=self.clock.now(),
            return_asked=sent.return_name,
        )
        async with self.work(context) as work:
            earlier = await work.validations.alike(ukprn=sent.ukprn, likeness=one.likeness)
            if earlier is not None:
                return earlier, False
            await work.validations.add(one)
            work.publish(
                ValidationReceived(
                    validation_id=validation_id,
                    ukprn=sent.ukprn,
                    size=received.size,
                    ilr_return=sent.return_name,
                ),
                subject=validation_id,
                sequence=one.version,
                action="validation:received",
                resource_type="validation",
                ukprn=sent.ukprn,
            )
        return one, True

    def _likeness(self, sent: Sent, received: Received) -> bytes:
        """Bytes, name, return and reference data: what the findings depend on."""
        known = (sent.file_name, sent.return_name or "", self.reference_digest or "")
        text = "\0".join(known).encode()
        return hmac.digest(self.secret, received.digest + text, hashlib.sha256)
