"""The story of a demonstration: its steps, what was found, and the files that tell it.

Prints for people and writes `story.json` for programs. Decides nothing about the platform.
"""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console


class StepFailed(Exception):  # noqa: N818 - named as the fact it states
    """A step did not check out; the text says what was expected and what was found."""


@dataclass(slots=True)
class Story:
    """Collects steps; `facts` become members of story.json beside `ok` and `steps`."""

    console: Console
    folder: Path
    steps: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def is_ok(self) -> bool:
        """Whether every step so far checked out."""
        return all(step["ok"] for step in self.steps)

    @asynccontextmanager
    async def step(self, name: str, title: str) -> AsyncIterator[None]:
        """Run one step: announce it, time it, and note whether it checked out."""
        self.console.print(f"[bold]{title}[/bold]")
        began = time.monotonic()
        entry: dict[str, Any] = {"name": name, "ok": False, "seconds": 0.0}
        self.steps.append(entry)
        try:
            yield
            entry["ok"] = True
        finally:
            entry["seconds"] = round(time.monotonic() - began, 2)
            mark = "[green]ok[/green]" if entry["ok"] else "[red]failed[/red]"
            self.console.print(f"  {mark}  {entry['seconds']:.1f} s")

    def say(self, text: str) -> None:
        """Print one line of the story."""
        self.console.print(f"  {text}", markup=False)

    def require(self, condition: bool, expectation: str) -> None:  # noqa: FBT001 - reads as a sentence
        """Fail the step unless the condition holds."""
        if not condition:
            raise StepFailed(expectation)

    def write(self) -> Path:
        """Write story.json and return its path."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "story.json"
        document = {"ok": self.is_ok, "steps": self.steps, **self.facts}
        path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        return path
