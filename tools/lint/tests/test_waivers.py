"""Waivers cover what they say and no more, and rot is found."""

import pytest
from tools.lint.run import all_rules, check
from tools.lint.source import Source

PATH = "services/event-log/src/event_log/application/seal_batch.py"
NOW = "datetime.now(UTC)"


def rules_found(text: str) -> list[tuple[int, str]]:
    names = ("no-now", "no-except-pass")
    rules = [rule for rule in all_rules() if rule.name in names]
    return [(one.line, one.rule) for one in check(Source(PATH, text), rules)]


@pytest.mark.parametrize(
    "text",
    [
        f"a = {NOW}  # lint-skip: no-now stamps a file name only\n",
        f"# lint-skip: no-now stamps a file name only\na = {NOW}\n",
        f"x = 1\n# lint-skip: no-now stamps a file name only\n# and more words\na = {NOW}\n",
        f"x = 1\ndef f():  # lint-skip: no-now stamps a file name only\n    a = 1\n    return {NOW}\n",
        f"x = 1\n# lint-skip: no-now stamps a file name only\n@g\ndef f():\n    return {NOW}\n",
        f"x = 1\nclass A:  # lint-skip: no-now a clock itself\n    def f(self):\n        return {NOW}\n",
        f'"""A clock."""\n# lint-skip: no-now a clock of its own\nimport a\nb = {NOW}\n',
    ],
)
def test_a_waiver_covers_line_block_or_file(text: str) -> None:
    assert rules_found(text) == []


def test_a_waiver_does_not_reach_beyond_its_line() -> None:
    text = f"x = 1\na = {NOW}  # lint-skip: no-now stamps a file name only\nb = {NOW}\n"
    assert rules_found(text) == [(3, "no-now")]


def test_a_waiver_does_not_reach_beyond_its_function() -> None:
    text = f"x = 1\ndef f():  # lint-skip: no-now of no weight\n    return {NOW}\n\n\nb = {NOW}\n"
    assert rules_found(text) == [(6, "no-now")]


def test_a_waiver_covers_no_other_rule() -> None:
    text = "x = 1\ntry:\n    a()\nexcept Exception:  # lint-skip: no-now stamps a file name\n    pass\n"
    assert rules_found(text) == [(4, "lint-skip"), (4, "no-except-pass")]


def test_a_waiver_without_a_reason_waives_nothing() -> None:
    assert rules_found(f"x = 1\na = {NOW}  # lint-skip: no-now\n") == [
        (2, "lint-skip"),
        (2, "no-now"),
    ]


def test_a_waiver_that_is_no_longer_needed_is_found() -> None:
    assert rules_found("x = 1  # lint-skip: no-now stamps a file name only\n") == [(1, "lint-skip")]


def test_a_waiver_of_an_unknown_rule_is_found() -> None:
    assert rules_found("x = 1  # lint-skip: no-time stamps a file name\n") == [(1, "lint-skip")]


def test_a_waiver_inside_a_text_is_none() -> None:
    text = f'x = """\n# lint-skip: no-now an example in a text\n"""\na = {NOW}\n'
    assert rules_found(text) == [(4, "no-now")]
