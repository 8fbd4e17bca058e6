"""The rules against the official engine's recorded cases and the project's own."""

from collections import defaultdict
from typing import Final

import pytest
from tests.conformance.ilr_cases import Case, cases, difference
from tests.conformance.ilr_vectors import PLAIN, WITH_REFERENCE, Vector, judge, vectors

from ilr_validator.packs.pack import available, load


def recorded() -> dict[str, list[Vector]]:
    by_rule: dict[str, list[Vector]] = defaultdict(list)
    for path in (PLAIN, WITH_REFERENCE):
        if path.is_file():
            for vector in vectors(path):
                by_rule[vector.rule].append(vector)
    return by_rule


RECORDED: Final = recorded()
OWN: Final = [pytest.param(case, id=case.label) for case in cases()]


@pytest.mark.skipif(not PLAIN.is_file(), reason=f"{PLAIN.name} not present beside the checkout")
def test_the_recorded_cases_are_all_there() -> None:
    assert sum(len(of_rule) for of_rule in RECORDED.values()) == 968 + 474


@pytest.mark.parametrize("rule", sorted(RECORDED))
def test_a_rule_gives_what_the_official_engine_gave(rule: str) -> None:
    pack = load("2020-21")
    wrong = []
    for vector in RECORDED[rule]:
        verdict = judge(pack, vector)
        if verdict.result != "equal":
            wrong.append((vector.label, verdict))
    assert wrong == []


@pytest.mark.parametrize("case", OWN)
def test_a_rule_gives_what_the_published_text_says(case: Case) -> None:
    assert difference(load(case.pack), case) is None


@pytest.mark.parametrize("name", available())
def test_every_rule_of_a_pack_is_known_to_its_table(name: str) -> None:
    pack = load(name)
    assert set(pack.rules) <= set(pack.facts)


def own_cases_by_rule(pack: str) -> dict[str, list[Case]]:
    by_rule: dict[str, list[Case]] = defaultdict(list)
    for case in cases():
        if case.pack == pack:
            by_rule[case.rule].append(case)
    return by_rule
