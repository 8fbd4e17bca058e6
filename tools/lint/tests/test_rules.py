"""Each rule finds its bad examples and leaves its good ones alone."""

import sys

import pytest
from tools.lint.rule import Example, Rule
from tools.lint.run import all_rules, check

RULES = all_rules()
GOOD = [(rule, example) for rule in RULES for example in rule.good]
BAD = [(rule, example) for rule in RULES for example in rule.bad]


def found(rule: Rule, example: Example) -> set[str]:
    return {report.rule for report in check(example.source(), [rule])}


def test_the_rules_are_named_after_their_modules() -> None:
    modules = [sys.modules[rule.check.__module__].__name__ for rule in RULES]
    assert [name.rpartition(".")[2].replace("_", "-") for name in modules] == [
        rule.name for rule in RULES
    ]
    assert len(RULES) == len(set(RULES))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_tells_the_incident_behind_it(rule: Rule) -> None:
    told = sys.modules[rule.check.__module__].__doc__ or ""
    assert "Incident: " in told
    assert rule.good
    assert len(rule.bad) >= 2


@pytest.mark.parametrize(("rule", "example"), BAD, ids=lambda one: getattr(one, "name", None))
def test_a_bad_example_is_found(rule: Rule, example: Example) -> None:
    assert found(rule, example) == {rule.name}


@pytest.mark.parametrize(("rule", "example"), GOOD, ids=lambda one: getattr(one, "name", None))
def test_a_good_example_passes(rule: Rule, example: Example) -> None:
    assert found(rule, example) == set()


@pytest.mark.parametrize(("rule", "example"), BAD, ids=lambda one: getattr(one, "name", None))
def test_a_bad_example_passes_with_a_waiver_for_the_file(rule: Rule, example: Example) -> None:
    mark = "--" if example.path.endswith(".sql") else "#"
    source = example.source()
    text = source.text
    if text.startswith('"""'):
        end = text.index('"""', 3) + 4
        text = text[:end] + f"{mark} lint-skip: {rule.name} an example of its own\n" + text[end:]
    else:
        text = f"{mark} lint-skip: {rule.name} an example of its own\n{text}"
    assert found(rule, Example(example.path, text)) == set()
