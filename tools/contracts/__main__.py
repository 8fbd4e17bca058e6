"""`python -m tools.contracts [--check]`: writes every generated contract, or says what differs."""

import argparse
import sys
from pathlib import Path

from tools.contracts import document_modules, field_module, render, sources

_PACKAGE = Path("libs/contracts/src/matricula_contracts")


def build() -> dict[Path, str]:
    """Return every generated file: path below the repository's root -> text."""
    fields = field_module.resolve(sources.load("fields.yaml"))
    problems = document_modules.problems(sources.load("problems.yaml"))
    policy = document_modules.policy(sources.load("policy.yaml"))
    topics = document_modules.topics(sources.load("topics.yaml"))
    return {
        _PACKAGE / "_fields.py": render.python_module("fields.yaml", "CATALOGUE", fields),
        _PACKAGE / "_problems.py": render.python_module("problems.yaml", "PROBLEMS", problems),
        _PACKAGE / "_policy.py": render.python_module("policy.yaml", "POLICY", policy),
        _PACKAGE / "_topics.py": render.python_module("topics.yaml", "TOPICS", topics),
    }


def differing(files: dict[Path, str], root: Path) -> list[Path]:
    """Return the files that are missing below `root` or hold something else."""
    return [
        path
        for path, text in files.items()
        if not (root / path).is_file() or (root / path).read_text(encoding="utf-8") != text
    ]


def write(files: dict[Path, str], root: Path) -> None:
    """Write every file below `root`."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Return 0 when all is written or, with --check, when nothing differs; 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tools.contracts", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail on a difference")
    options = parser.parse_args(arguments)
    try:
        files = build()
    except sources.SourceError as error:
        print(error, file=sys.stderr)
        return 1
    changed = differing(files, sources.ROOT)
    if options.check:
        for path in changed:
            print(f"differs from its source: {path} (run python -m tools.contracts)")
        return 1 if changed else 0
    write({path: files[path] for path in changed}, sources.ROOT)
    print(f"{len(files)} generated files, {len(changed)} written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
