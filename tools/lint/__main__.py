"""`python -m tools.lint [PATHS]`: prints `path:line rule message`; exit 1 when there is any."""

import argparse
import sys
from pathlib import Path

from tools.lint.run import PLACES, all_rules, check, sources
from tools.lint.source import ROOT


def main(arguments: list[str] | None = None, *, root: Path = ROOT) -> int:
    """Check the given paths, or everything; 2 when a path is not in this repository."""
    parser = argparse.ArgumentParser(prog="python -m tools.lint", description=__doc__)
    parser.add_argument("paths", nargs="*", type=Path, help="files or folders; default: all")
    parser.add_argument("--rules", action="store_true", help="list the rules and why they exist")
    given = parser.parse_args(arguments)
    if given.rules:
        for rule in all_rules():
            reason = (sys.modules[rule.check.__module__].__doc__ or "").strip()
            print(f"{rule.name}\n    " + reason.replace("\n", "\n    ") + "\n")
        return 0
    paths = given.paths or [root / place for place in PLACES]
    outside = [str(path) for path in paths if not _is_within(path, root)]
    if outside:
        print("lint: not in this repository: " + ", ".join(outside), file=sys.stderr)
        return 2
    rules = all_rules()
    found = [report for source in sources(paths, root=root) for report in check(source, rules)]
    for report in found:
        print(report)
    return int(bool(found))


def _is_within(path: Path, root: Path) -> bool:
    return path.exists() and path.resolve().is_relative_to(root)


if __name__ == "__main__":
    sys.exit(main())
