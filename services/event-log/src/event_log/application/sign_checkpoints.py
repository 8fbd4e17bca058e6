"""Sign the marks of the tree. A mark is durable, with its tiles, before it is signed.

The size and root of a mark never change, and Ed25519 is deterministic: signing again after a
crash gives the same bytes, so there can never be two roots for one size.
"""

from datetime import datetime

from event_log.application.ports import HighWater, LogUnit
from event_log.domain.errors import LogForkedError
from event_log.domain.notes import Checkpoint, SignerKey


async def sign_checkpoints(
    unit: LogUnit, *, signer: SignerKey, high_water: HighWater, now: datetime
) -> Checkpoint | None:
    """Sign every mark that waits and announce the last one; None when none waits.

    Raises LogForkedError when the log lacks, or contradicts, the last checkpoint remembered
    outside of the database: it was restored to an earlier state, or rewritten.
    """
    async with unit:
        marks = await unit.checkpoints.unsigned()
        if not marks:
            return None
        remembered = high_water.read()
        if remembered is not None:
            root = await unit.checkpoints.root_at(remembered.size)
            if root != remembered.root:
                reason = "signed-size-missing" if root is None else "another-root"
                raise LogForkedError(signed_size=remembered.size, reason=reason)
        notes = [
            (size, signer.sign(Checkpoint(signer.name, size, root).text())) for size, root in marks
        ]
        last = Checkpoint(signer.name, *marks[-1])
        if remembered is None or last.size > remembered.size:
            high_water.write(notes[-1][1])
        await unit.checkpoints.sign(notes, at=now)
        if last.size:
            unit.journal.checkpoint_signed(last, at=now)
        return last
