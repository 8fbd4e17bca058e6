"""A pack: the rules of one academic year with their dates, code lists, severities and versions.

A pack is a folder: `pack.toml` (version, constants), tables in `data`, definitions in the package
`rules`. What a year keeps from an earlier one it says there by name (`carried`); a year of which
only differences are known keeps what its `base` has and its tables do not remove (`data_files`).
"""

import functools
import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any, Final

from ilr_validator.engine import dates
from ilr_validator.engine.code_lists import CodeList
from ilr_validator.engine.facts import Year
from ilr_validator.engine.rule import Rule
from ilr_validator.packs.data_files import (
    Row,
    base_of,
    folder_of,
    has_table,
    settings_of,
    table_of,
)
from ilr_validator.packs.errors import PackError
from ilr_validator.packs.field_definitions import definitions
from ilr_validator.packs.limits import kept, limits_of
from ilr_validator.packs.record_model import load_record_model

FILE_RULES: Final = frozenset(
    {
        "Filename_1", "Filename_3", "Filename_4", "Filename_5", "Filename_6", "Filename_7",
        "Namespace Mismatch", "Protected ZIP file", "ZIP_CORRUPT", "ZIP_EMPTY",
        "ZIP_INCONSISTENT_FILENAME",
    }
)  # fmt: skip
"""The rules of name, zip and namespace that are checked when a file is opened."""


@dataclass(frozen=True, slots=True)
class Carried:
    """Rules whose definition a year keeps: its own name of each, and the earlier pack's name."""

    pack: str
    names: Mapping[str, str]


def carried(pack: str, *same: str, **renamed: str) -> Carried:
    """Keep rules of an earlier pack: under the same name, or `new_name="earlier name"`."""
    return Carried(pack, {name: name for name in same} | renamed)


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """What a pack says of a rule besides its definition. All of it is data, none of it is code."""

    name: str
    group: str
    """Entity and field to which the official publication counts the rule."""
    stage: str
    """`container`, `field` (field definitions) or `business`: where in the order it is checked."""
    severity: str
    """E error, W warning, F the file is refused."""
    severity_from: Mapping[str, str]
    """Return (R01 to R14) from which another severity holds."""
    rejects_file: bool
    is_online_only: bool
    is_in_fis: bool

    def severity_at(self, return_name: str | None) -> str:
        """Give the severity at a return; without one, the severity of the year's end."""
        current = self.severity
        for start, severity in sorted(self.severity_from.items()):
            if return_name is None or return_name >= start:
                current = severity
        return current


@dataclass(frozen=True, slots=True)
class Pack:
    """The rules of one academic year."""

    name: str
    version: str
    is_provisional: bool
    year: Year
    constants: Mapping[str, Any]
    facts: Mapping[str, RuleFacts]
    rules: Mapping[str, Rule]
    """The implemented rules by official name."""
    code_lists: Mapping[str, CodeList]
    implemented_elsewhere: frozenset[str] = frozenset()
    """Rules without a definition here: those of the container, and field definitions."""
    not_judged: Mapping[str, str] = field(default_factory=dict)
    """Rules of which nobody can say yet how they read in this year: for whom, and why."""

    @property
    def not_implemented(self) -> frozenset[str]:
        """Give the rules that are in force and that nobody has implemented: they are not run."""
        return frozenset(self.facts) - frozenset(self.rules) - self.implemented_elsewhere


@functools.cache
def available() -> tuple[str, ...]:
    """Give the years that have rules, oldest first."""
    own = importlib.import_module("ilr_validator.packs")
    folders = (module.name for module in pkgutil.iter_modules(own.__path__) if module.ispkg)
    years = (name[1:].replace("_", "-") for name in folders if name.startswith("y2"))
    return tuple(sorted(year for year in years if has_table(year, "rules") and _has_rules(year)))


def _has_rules(year: str) -> bool:
    return (folder_of(year) / "rules").is_dir()


@functools.cache
def load(name: str) -> Pack:
    """Load a pack by its academic year, for example "2025-26".

    Raises PackError where there is no such pack.
    """
    if name not in available():
        raise PackError("there is no pack of this year", year=name, packs=", ".join(available()))
    settings, base = settings_of(name), base_of(name)
    above = settings_of(base) if base else {}
    facts = {one.name: one for one in _facts(table_of(name, "rules"))}
    limits = limits_of(name, facts)
    rules = defined_in(f"ilr_validator.packs.y{name.replace('-', '_')}")
    if base:
        rules = kept(load(base).rules, facts, limits) | rules
    return Pack(
        name=name,
        version=settings["version"],
        is_provisional=settings["is_provisional"],
        year=Year.starting(int(name[:4])),
        constants=above.get("constants", {}) | settings.get("constants", {}),
        facts=facts,
        rules=rules,
        code_lists=_code_lists(
            table_of(name, "codes"),
            frozenset(above.get("provisional_code_lists", ()))
            | frozenset(settings.get("provisional_code_lists", ())),
        ),
        implemented_elsewhere=_implemented_elsewhere(name, facts),
        not_judged={
            rule: "; ".join(limit.why for limit in of_rule) for rule, of_rule in limits.items()
        },
    )


def _implemented_elsewhere(pack: str, facts: Mapping[str, RuleFacts]) -> frozenset[str]:
    names = frozenset(name for name, one in facts.items() if one.stage == "field")
    found = definitions(load_record_model(pack), names) if names else []
    return (FILE_RULES & frozenset(facts)) | {one.name for one in found}


def _facts(rows: Iterable[Row]) -> Iterator[RuleFacts]:
    for row in rows:
        pairs = (part.split("=", 1) for part in row["severity_from"].split())
        yield RuleFacts(
            name=row["rule"],
            group=row["group"],
            stage=row["stage"],
            severity=row["severity"],
            severity_from=dict(pairs),
            rejects_file=row["rejects_file"] == "Y",
            is_online_only=row["online_only"] == "Y",
            is_in_fis=row["in_fis"] == "Y",
        )


def defined_in(package: str) -> dict[str, Rule]:
    """Collect the rules that a pack's package `rules` defines or keeps.

    Raises PackError where a rule stands twice, or what is kept does not exist.
    """
    found: dict[str, Rule] = {}
    for module in _modules(importlib.import_module(f"{package}.rules")):
        for each in _rules_of(module):
            if found.setdefault(each.name, each) is not each:
                raise PackError("a rule stands twice", rule=each.name, package=package)
    return found


def _rules_of(module: ModuleType) -> Iterator[Rule]:
    for value in vars(module).values():
        if isinstance(value, Rule):
            yield value
        elif isinstance(value, Carried):
            earlier = load(value.pack).rules
            for new, old in value.names.items():
                if old not in earlier:
                    raise PackError("there is no such rule to keep", rule=old, pack=value.pack)
                yield earlier[old] if new == old else replace(earlier[old], name=new)


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(module.name)


def _code_lists(rows: Iterable[Row], provisional: frozenset[str]) -> dict[str, CodeList]:
    lists: dict[str, dict[str, tuple[float, float]]] = {}
    for row in rows:
        valid = (
            dates.parse(row["from"]) if row["from"] else dates.MIN_DATE,
            dates.parse(row["to"]) if row["to"] else dates.MAX_DATE,
        )
        lists.setdefault(row["list"], {})[row["code"]] = valid
    return {name: CodeList(codes, name not in provisional) for name, codes in lists.items()}
