"""What nobody can say yet of the rules that a year keeps of its base: for whom, and why.

`data/not_judged.tsv` of a pack has the columns `rules` (names or patterns such as `PHours_*`),
`concerns` and `why`. `concerns` names a function of the pack's module `concerns`, which gives the
aims whose learners it is; empty means everybody. A rule is not run for whom it cannot be judged.
"""

import functools
import importlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.rule import Rule
from ilr_validator.engine.values import Mask, Rows
from ilr_validator.packs.data_files import folder_of, rows_in
from ilr_validator.packs.errors import PackError


@dataclass(frozen=True, slots=True)
class Limit:
    """For whom a rule of the base cannot be judged, and why."""

    why: str
    concerns: Callable[[Batch], Mask] | None
    """Gives the aims whose learners it is; None: everybody."""


def limits_of(pack: str, names: Collection[str]) -> dict[str, list[Limit]]:
    """Read the limits of a pack's rules; `names` are the rules that are in force.

    Raises PackError where a line names no rule or no function.
    """
    source = folder_of(pack) / "data" / "not_judged.tsv"
    found: dict[str, list[Limit]] = {}
    for row in rows_in(source) if source.is_file() else ():
        limit = Limit(row["why"], _concerns(pack, row["concerns"]))
        for pattern in row["rules"].split():
            those = [name for name in names if fnmatchcase(name, pattern)]
            if not those:
                raise PackError("a rule is not in force", rule=pattern, pack=pack)
            for name in those:
                found.setdefault(name, []).append(limit)
    return found


def _concerns(pack: str, name: str) -> Callable[[Batch], Mask] | None:
    if not name:
        return None
    module = importlib.import_module(f"ilr_validator.packs.y{pack.replace('-', '_')}.concerns")
    concerns: Callable[[Batch], Mask] | None = getattr(module, name, None)
    if concerns is None:
        raise PackError("there is no such function in concerns", name=name, pack=pack)
    return concerns


def kept(
    rules: Mapping[str, Rule], names: Collection[str], limits: Mapping[str, Iterable[Limit]]
) -> dict[str, Rule]:
    """Give the rules of a base that are still in force and that can be judged for anybody."""
    found: dict[str, Rule] = {}
    for name, each in rules.items():
        of_rule = tuple(limits.get(name, ()))
        if name in names and all(limit.concerns for limit in of_rule):
            found[name] = _limited(each, of_rule) if of_rule else each
    return found


def _limited(of_base: Rule, limits: tuple[Limit, ...]) -> Rule:
    """Leave a rule not run for the learners whom its limits concern."""

    @functools.wraps(of_base.breaks)
    def breaks(batch: Batch) -> Mask | Rows:
        for limit in limits:
            if limit.concerns is not None:
                batch.mark_not_run(batch.aims, limit.concerns(batch))
        return of_base.breaks(batch)

    return replace(of_base, breaks=breaks, concerns_all=True)
