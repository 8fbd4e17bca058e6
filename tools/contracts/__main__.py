"""`python -m tools.contracts [--check]`: writes every generated contract, or says what differs.

First the Python data of the four sources, then, from that data, event schemas, examples, AsyncAPI,
and the OpenAPI document of each service that can be run.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

from tools.contracts import document_modules, field_module, render, services, sources

_PACKAGE = Path("libs/contracts/src/matricula_contracts")
_CONTRACTS = Path("contracts")


def source_modules() -> dict[Path, str]:
    """Return the modules made from the sources: path below the repository's root -> text."""
    made: list[tuple[str, str, dict[str, Any]]] = [
        ("fields", "CATALOGUE", field_module.resolve(sources.load("fields.yaml"))),
        ("problems", "PROBLEMS", document_modules.problems(sources.load("problems.yaml"))),
        ("policy", "POLICY", document_modules.policy(sources.load("policy.yaml"))),
        ("topics", "TOPICS", document_modules.topics(sources.load("topics.yaml"))),
    ]
    return {
        _PACKAGE / f"_{name}.py": render.python_module(f"{name}.yaml", constant, value)
        for name, constant, value in made
    }


def event_files() -> dict[Path, str]:
    """Return schemas, examples and AsyncAPI documents of the events; SourceError lists faults."""
    # Imported late: the modules that these read may just have been written.
    from tools.contracts import event_documents  # noqa: PLC0415

    return {
        _CONTRACTS / path: render.json_file(value)
        for path, value in event_documents.documents().items()
    }


def openapi_files() -> dict[Path, str]:
    """Return the OpenAPI documents of the services that have a command line."""
    names = sources.load("policy.yaml")["services"]
    return {
        _CONTRACTS / "openapi" / f"{name}.json": render.json_file(services.openapi(name))
        for name in names
        if services.has_command(name)
    }


def differing(files: dict[Path, str], root: Path) -> list[Path]:
    """Return the files that are missing below `root` or hold something else."""
    return [
        path
        for path, text in files.items()
        if not (root / path).is_file() or (root / path).read_text(encoding="utf-8") != text
    ]


def stale(files: dict[Path, str], root: Path) -> list[Path]:
    """Return generated documents below `root` that nothing generates any more."""
    folders = [_CONTRACTS / name for name in ("events", "examples", "asyncapi")]
    return [
        found.relative_to(root)
        for folder in folders
        for found in sorted((root / folder).glob("*.json"))
        if found.relative_to(root) not in files
    ]


def write(files: dict[Path, str], root: Path) -> list[Path]:
    """Write the files that differ below `root`; return them."""
    changed = differing(files, root)
    for path in changed:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(files[path], encoding="utf-8")
    return changed


def _generate(root: Path) -> int:
    changed = write(source_modules(), root)
    if changed:
        # the rest is made from the new modules, which this process may already have imported
        again = subprocess.run(
            [sys.executable, "-m", "tools.contracts"], cwd=root, check=False, timeout=600
        )
        return again.returncode
    files = event_files()
    gone = stale(files, root)
    for path in gone:
        (root / path).unlink()
    written = write(files, root) + write(openapi_files(), root)
    for path in (*written, *gone):
        print(path)
    return 0


def _check(root: Path) -> int:
    changed = differing(source_modules(), root)
    if not changed:
        files = event_files()
        changed = [*differing({**files, **openapi_files()}, root), *stale(files, root)]
    for path in changed:
        print(f"differs from its source: {path} (run python -m tools.contracts)")
    return 1 if changed else 0


def main(arguments: list[str]) -> int:
    """Return 0 when all is written or, with --check, when nothing differs; 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tools.contracts", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail on a difference")
    options = parser.parse_args(arguments)
    try:
        return _check(sources.ROOT) if options.check else _generate(sources.ROOT)
    except sources.SourceError as error:
        print(error, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"{' '.join(error.cmd)} failed:\n{error.stderr}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
