"""Where the local stack keeps things: one folder per stack and one cache per checkout.

Reads no file; only names places.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


def repository_root() -> Path:
    """Return the checkout this package runs from: the folder that holds `deploy/local`."""
    for folder in Path(__file__).resolve().parents:
        if (folder / "deploy" / "local").is_dir():
            return folder
    raise FileNotFoundError("the local stack runs from a checkout; deploy/local was not found")


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one stack: state, logs, secrets and data below `root`."""

    root: Path

    @property
    def state_file(self) -> Path:
        """The state of the supervisor and its processes, as JSON."""
        return self.root / "state.json"

    @property
    def plan_file(self) -> Path:
        """The table of processes that the supervisor was started with, as JSON."""
        return self.root / "plan.json"

    @property
    def lock_file(self) -> Path:
        """Held by the supervisor for as long as it lives."""
        return self.root / "supervisor.lock"

    @property
    def logs(self) -> Path:
        """One log file per process."""
        return self.root / "logs"

    @property
    def secrets(self) -> Path:
        """Passwords and connection strings, readable by their owner only."""
        return self.root / "secrets"

    @property
    def token(self) -> str:
        """Eight characters that tell this stack from others in shared places such as /tmp."""
        return hashlib.sha256(str(self.root).encode()).hexdigest()[:8]

    def create(self) -> None:
        """Make the folder and its private parts; leaves an existing folder's mode alone."""
        self.root.mkdir(parents=True, exist_ok=True)
        for private in (self.logs, self.secrets):
            private.mkdir(mode=0o700, exist_ok=True)


def home_from(environ: Mapping[str, str]) -> Home:
    """Return the stack's home: `MATRICULA_HOME`, else `.local` in the checkout."""
    configured = environ.get("MATRICULA_HOME")
    return Home(Path(configured).resolve() if configured else repository_root() / ".local")


def cache_from(environ: Mapping[str, str]) -> Path:
    """Return the folder of downloads shared by all stacks: `MATRICULA_CACHE`, else .local/cache."""
    configured = environ.get("MATRICULA_CACHE")
    return Path(configured).resolve() if configured else repository_root() / ".local" / "cache"


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, in one step (a reader sees old or new)."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)
