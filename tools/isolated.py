"""Installs each member alone, with the locked versions, and imports every module of it.

Shows a dependency that is used but not declared: in the shared environment it would be found.
"""

import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
LOCK: Final = ROOT / "requirements.lock"
_SECONDS: Final = 600
_IMPORT_ALL: Final = """
import importlib, pkgutil, sys
skipped = {"versions", "migration_environment"}  # Alembic loads these by path
package = importlib.import_module(sys.argv[1])
for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if not found.name.endswith("__main__") and not set(found.name.split(".")) & skipped:
        importlib.import_module(found.name)
"""


def members() -> list[Path]:
    """Return the folder of every member of the workspace."""
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["workspace"]
    return sorted(
        folder
        for pattern in patterns["members"]
        for folder in ROOT.glob(pattern)
        if (folder / "pyproject.toml").exists()
    )


def package_of(member: Path) -> str:
    """Return the import name of a member."""
    document = tomllib.loads((member / "pyproject.toml").read_text())
    packages: list[str] = document["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    return packages[0].removeprefix("src/")


def fault_of(member: Path, uv: str) -> str | None:
    """Install one member into an empty environment and import it; the fault, or None."""
    with tempfile.TemporaryDirectory(prefix="matricula-isolated-") as folder:
        python = str(Path(folder, "bin", "python"))
        steps = [
            [uv, "venv", "--quiet", "--python", sys.executable, folder],
            [uv, "pip", "install", "-q", "--python", python, "-c", str(LOCK), str(member)],
            [python, "-I", "-W", "ignore", "-c", _IMPORT_ALL, package_of(member)],
        ]
        for step in steps:
            done = subprocess.run(
                step, cwd=folder, capture_output=True, text=True, check=False, timeout=_SECONDS
            )
            if done.returncode != 0:
                return (done.stderr or done.stdout).strip()
    return None


def main() -> int:
    """Check all members with the uv that the first argument names; 1 when one is not whole."""
    uv = shutil.which(sys.argv[1] if len(sys.argv) > 1 else "uv")
    if uv is None:
        print("isolated: uv was not found; run `make isolated`, which knows where it is")
        return 1
    uv = str(Path(uv).absolute())
    all_members = members()
    with ThreadPoolExecutor(2) as pool:
        faults = list(pool.map(lambda member: fault_of(member, uv), all_members))
    for member, fault in zip(all_members, faults, strict=True):
        print(f"{'ok' if fault is None else 'FAULT':<6} {member.relative_to(ROOT)}")
        if fault is not None:
            print(f"       {fault}")
    return int(any(faults))


if __name__ == "__main__":
    sys.exit(main())
