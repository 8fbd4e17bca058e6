"""Why a whole file is refused: broken file rules and what the loose schema found."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason for which the file as a whole is refused."""

    rule: str
    """Official name of the file rule, or `Schema`."""
    message: str
    line: int | None = None
    """Line of the file, from 1."""
    field: str | None = None
    parameters: tuple[tuple[str, Any], ...] = ()


class FileRefusedError(Exception):
    """The file is refused as a whole; nothing of it is checked further."""

    def __init__(self, *refusals: Refusal) -> None:
        super().__init__("the file is refused")
        self.refusals = refusals


class UnreadableFileError(Exception):
    """The file could not be checked at all: it is not there, or not what this command reads."""

    def __init__(self, reason: str, **facts: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.facts = facts

    def __str__(self) -> str:
        """Say it as users read it: "the file is too large (bytes: 600, allowed: 500)"."""
        said = ", ".join(f"{name}: {value}" for name, value in self.facts.items())
        return f"{self.reason} ({said})" if said else self.reason
