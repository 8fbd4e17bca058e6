"""Use case: a partner's file arrives, in one request or resumably, and becomes a submission.

The bytes go to the upload store; only a file that arrived whole counts as received. The same file
again leads to the first submission.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from learner_api.application.ports import Uploads, WorkFactory
from learner_api.domain.submission import Submission, SubmissionState
from matricula_chassis.audit import ActionContext
from matricula_chassis.clock import Clock
from matricula_chassis.errors import Conflict, DomainError, Invalid
from matricula_chassis.ids import IdSource
from matricula_contracts.events import SubmissionReceived


@dataclass(frozen=True, slots=True)
class Sender:
    """The partner that sends, and the provider it sends for."""

    partner: str
    ukprn: int


@dataclass(frozen=True, slots=True)
class Received:
    """The submission that the bytes belong to, and whether it was there before."""

    submission_id: UUID
    is_same_file: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveUpload:
    """The commands and their means."""

    work: WorkFactory
    uploads: Uploads
    clock: Clock
    ids: IdSource
    limit_bytes: int

    async def begin(
        self, sender: Sender, context: ActionContext, *, media_type: str, size: int
    ) -> UUID:
        """Open an upload of a known size (bytes); return its id, the later submission's too.

        Raises DomainError("file-too-large") and Invalid("empty-file").
        """
        if size > self.limit_bytes:
            raise DomainError("file-too-large", limit_bytes=self.limit_bytes)
        _require_content(size)
        return await self._open(sender, context, media_type=media_type, size=size)

    async def append(
        self,
        upload_id: UUID,
        sender: Sender,
        context: ActionContext,
        *,
        offset: int,
        chunks: AsyncIterator[bytes],
    ) -> tuple[int, Received | None]:
        """Append at an offset; return the durable offset, and the submission once it is whole."""
        one = await self._receiving(upload_id, sender, context)
        end = await self.uploads.append(
            upload_id, offset, _at_most(chunks, one.size_bytes - offset)
        )
        if end < one.size_bytes:
            return end, None
        return end, await self._complete(one, sender, context)

    async def offset(
        self, upload_id: UUID, sender: Sender, context: ActionContext
    ) -> tuple[int, int]:
        """Return how many bytes are durable and how many there will be.

        Completes an upload whose last bytes arrived just before the process died.
        """
        async with self.work(context) as work:
            one = await work.submissions.get(upload_id, ukprn=sender.ukprn, partner=sender.partner)
        if one.state is not SubmissionState.RECEIVING:
            return one.size_bytes, one.size_bytes
        durable = await self.uploads.offset(upload_id)
        if one.size_bytes and durable == one.size_bytes:
            await self._complete(one, sender, context)
        return durable, one.size_bytes

    async def discard(self, upload_id: UUID, sender: Sender, context: ActionContext) -> None:
        """Give up an upload that is not whole yet, and erase its bytes."""
        one = await self._receiving(upload_id, sender, context)
        await self._drop(one.submission_id, context)

    async def receive(
        self,
        sender: Sender,
        context: ActionContext,
        *,
        media_type: str,
        chunks: AsyncIterator[bytes],
    ) -> Received:
        """Take in a whole file from one request. A request that breaks off leaves nothing."""
        upload_id = await self._open(sender, context, media_type=media_type, size=0)
        try:
            size = await self.uploads.append(upload_id, 0, chunks)
            _require_content(size)
        except BaseException:
            await self._drop(upload_id, context)
            raise
        async with self.work(context) as work:
            one = await work.submissions.get(
                upload_id, ukprn=sender.ukprn, partner=sender.partner, lock=True
            )
            await work.submissions.change(one, size_bytes=size)
        return await self._complete(one, sender, context)

    async def _open(
        self, sender: Sender, context: ActionContext, *, media_type: str, size: int
    ) -> UUID:
        upload_id = self.ids.uuid7()
        await self.uploads.create(upload_id)
        async with self.work(context) as work:
            await work.submissions.add(
                Submission(
                    submission_id=upload_id,
                    ukprn=sender.ukprn,
                    partner=sender.partner,
                    state=SubmissionState.RECEIVING,
                    version=1,
                    received_at=self.clock.now(),
                    size_bytes=size,
                    media_type=media_type,
                )
            )
        return upload_id

    async def _receiving(
        self, upload_id: UUID, sender: Sender, context: ActionContext
    ) -> Submission:
        async with self.work(context) as work:
            one = await work.submissions.get(upload_id, ukprn=sender.ukprn, partner=sender.partner)
        if one.state is not SubmissionState.RECEIVING:
            raise Conflict("submission-state-conflict", state=one.state)
        return one

    async def _complete(self, one: Submission, sender: Sender, context: ActionContext) -> Received:
        digest = await self.uploads.finish(one.submission_id)
        async with self.work(context) as work:
            first = await work.submissions.same_file(
                ukprn=sender.ukprn, partner=sender.partner, sha256=digest
            )
            if first is None:
                current = await work.submissions.get(
                    one.submission_id, ukprn=sender.ukprn, lock=True
                )
                sequence = await work.submissions.change_and_tell(
                    current,
                    state=SubmissionState.RECEIVED,
                    sha256=digest,
                    received_at=self.clock.now(),
                )
                work.publish(
                    SubmissionReceived(
                        submission_id=current.submission_id,
                        ukprn=current.ukprn,
                        partner_id=current.partner,
                        size=current.size_bytes,
                    ),
                    subject=current.submission_id,
                    sequence=sequence,
                    action="submission:received",
                    resource_type="submission",
                    ukprn=current.ukprn,
                )
        if first is None:
            return Received(one.submission_id, is_same_file=False)
        if first.submission_id != one.submission_id:
            await self._drop(one.submission_id, context)
        return Received(first.submission_id, is_same_file=True)

    async def _drop(self, upload_id: UUID, context: ActionContext) -> None:
        await self.uploads.discard(upload_id)
        async with self.work(context) as work:
            one = await work.submissions.claimed(upload_id, lock=True)
            now = self.clock.now()
            await work.submissions.change(
                one, state=SubmissionState.DISCARDED, ended_at=now, upload_erased_at=now
            )


def _require_content(size: int) -> None:
    if size == 0:
        raise Invalid("empty-file")


async def _at_most(chunks: AsyncIterator[bytes], left: int) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            raise Invalid("upload-longer-than-announced")
        yield chunk
