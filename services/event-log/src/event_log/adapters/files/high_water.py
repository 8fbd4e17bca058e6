"""The last checkpoint that was about to be made public, kept outside of the database.

It is written and synced before the signature is committed. A database that was restored to an
earlier state, or rewritten, then contradicts it, and the sealer refuses to sign.
"""

import os
from pathlib import Path

from event_log.domain.notes import Checkpoint, NoteError, VerifierKey, open_note
from matricula_chassis.db.crash_points import crash_point, declare_crash_points

declare_crash_points("sealer.before_high_water", "sealer.after_high_water")


class HighWaterFile:
    """One signed note in one file."""

    def __init__(self, path: Path, *, key: VerifierKey) -> None:
        self._path = path
        self._key = key
        self._held: Checkpoint | None = None

    def read(self) -> Checkpoint | None:
        """Return the checkpoint, or None before the first; NoteError when it was tampered with."""
        if self._held is None and self._path.exists():
            try:
                note = self._path.read_bytes().decode()
            except UnicodeDecodeError:
                raise NoteError("not a note") from None
            self._held = Checkpoint.parse(open_note(note, self._key))
        return self._held

    def write(self, note: str) -> None:
        """Replace the note so that a crash leaves the old one or the new one, whole."""
        checkpoint = Checkpoint.parse(open_note(note, self._key))
        crash_point("sealer.before_high_water")
        part = self._path.with_name(self._path.name + ".part")
        with part.open("w", encoding="utf-8") as file:
            file.write(note)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self._held = checkpoint
        crash_point("sealer.after_high_water")
