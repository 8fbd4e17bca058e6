"""Finds the files, puts the rules to them and takes out what is waived. Prints nothing."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from pkgutil import iter_modules
from typing import Final, NamedTuple

from tools.lint import waivers as waiver_rules
from tools.lint.rule import Rule
from tools.lint.source import ROOT, Source

PLACES: Final = ("libs", "services", "gateway", "tools", "tests", "conftest.py")
_SUFFIXES: Final = frozenset({".py", ".sql"})
WAIVER: Final = "lint-skip"
"""The name under which faults of waivers themselves are reported."""


class Report(NamedTuple):
    """A finding with its place."""

    path: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.rule} {self.message}"


@cache
def all_rules() -> tuple[Rule, ...]:
    """Return every rule: each module of `rules` holds one as RULE."""
    folder = Path(__file__).with_name("rules")
    modules = (import_module(f"tools.lint.rules.{one.name}") for one in iter_modules([folder]))
    return tuple(sorted((module.RULE for module in modules), key=attrgetter("name")))


def sources(paths: Sequence[Path], *, root: Path = ROOT) -> Iterator[Source]:
    """Yield the files at or below these paths; SyntaxError for what is no Python."""
    for path in dict.fromkeys(file for given in paths for file in _files(given)):
        name = path.resolve().relative_to(root).as_posix()
        yield Source(name, path.read_text(encoding="utf-8"), root=root)


def check(source: Source, rules: Iterable[Rule]) -> list[Report]:
    """Return what the rules find in one file and no waiver covers, by line.

    A generated file is as good as its generator, which is checked instead.
    """
    if source.is_generated:
        return []
    waivers = waiver_rules.waivers_of(source)
    used = []
    reports = []
    for rule in rules:
        for line, message in rule.check(source):
            covering = [one for one in waivers if one.reason and one.covers(rule.name, line)]
            used += covering
            if not covering:
                reports.append(Report(str(source.path), line, rule.name, message))
    known = {rule.name for rule in all_rules()}
    reports += (
        Report(str(source.path), line, WAIVER, message)
        for line, message in waiver_rules.faults(waivers, known=known, used=used)
    )
    return sorted(set(reports))


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for below in sorted(path.iterdir()):
        is_hidden = below.name.startswith((".", "__pycache__"))
        if not is_hidden and (below.is_dir() or below.suffix in _SUFFIXES):
            yield from _files(below)
