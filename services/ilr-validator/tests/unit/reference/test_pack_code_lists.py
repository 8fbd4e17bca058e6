"""Every code list that a rule asks for stands in its pack, and says where it comes from."""

import ast
import csv
import inspect
from collections.abc import Iterator
from importlib import resources
from textwrap import dedent
from types import FunctionType

import pytest

from ilr_validator.packs.pack import load

ASKING = {"in_list", "in_list_at", "not_after_list", "after_list", "is_listed_as_written"}


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _asked(tree: ast.AST) -> Iterator[str]:
    """The names of lists in the calls that ask for one: the first text among the arguments."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in ASKING:
            texts = (one.value for one in node.args if isinstance(one, ast.Constant))
            yield from (text for text in texts if isinstance(text, str))


def _functions(function: FunctionType, seen: set[FunctionType]) -> set[FunctionType]:
    """A definition with the functions of the packs that it calls, whatever module they stand in."""
    function = inspect.unwrap(function)
    if function in seen:
        return seen
    seen.add(function)
    for name in function.__code__.co_names:
        called = function.__globals__.get(name)
        if isinstance(called, FunctionType) and called.__module__.startswith("ilr_validator.packs"):
            _functions(called, seen)
    return seen


def _asked_by(pack: str) -> set[str]:
    """What the definitions of a pack ask for, those it keeps of an earlier year included."""
    functions: set[FunctionType] = set()
    for rule in load(pack).rules.values():
        if isinstance(rule.breaks, FunctionType):
            _functions(rule.breaks, functions)
    sources = [dedent(inspect.getsource(one)) for one in functions]
    return {name for source in sources for name in _asked(ast.parse(source))}


@pytest.mark.parametrize("pack", ["2020-21", "2025-26"])
def test_every_list_asked_for_is_in_the_pack(pack: str) -> None:
    asked = _asked_by(pack)
    assert len(asked) > 20
    assert asked <= set(load(pack).code_lists)


def test_lists_of_2025_26_say_where_they_come_from() -> None:
    folder = resources.files("ilr_validator.packs.y2025_26") / "data" / "code_lists.tsv"
    rows = list(csv.DictReader(folder.read_text("utf-8").splitlines(), delimiter="\t"))
    assert {row["list"] for row in rows} == set(load("2025-26").code_lists)
    assert all(row["sources"] for row in rows)


def test_only_proved_lists_are_complete() -> None:
    lists = load("2025-26").code_lists
    assert {name for name, one in lists.items() if one.is_complete} == {"FundModel", "ProgType"}
    assert set(lists["ProgType"].codes) == {"25", "30", "31", "32", "33"}
