"""The problem catalogue: readable by the chassis, free of values, and complete for the code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools.contracts import document_modules, sources

from matricula_chassis import errors
from matricula_chassis.http.problem import ProblemCatalogue
from matricula_contracts import problems

ROOT = Path(__file__).resolve().parents[2]
ERRORS = {
    name
    for name, item in vars(errors).items()
    if isinstance(item, type) and issubclass(item, errors.DomainError)
} | {"FileRefused", "ParameterFaults"}


def raised_slugs() -> Iterator[tuple[str, Path, int]]:
    """Yield (slug, file, line) for each domain error that is made with a literal slug."""
    for folder in ("libs/chassis/src", "gateway/src", "services"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "tests" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                called = node.func.attr if isinstance(node.func, ast.Attribute) else None
                called = node.func.id if isinstance(node.func, ast.Name) else called
                first = node.args[0]
                if called in ERRORS and isinstance(first, ast.Constant):
                    assert isinstance(first.value, str)
                    yield first.value, path.relative_to(ROOT), node.lineno


def test_every_problem_that_the_code_raises_is_in_the_catalogue() -> None:
    raised = list(raised_slugs())
    assert raised, "the search finds raised problems"
    missing = [one for one in raised if one[0] not in problems.DOCUMENT]
    assert missing == []


def test_the_chassis_accepts_the_catalogue() -> None:
    assert ProblemCatalogue.from_document(dict(problems.DOCUMENT))


@pytest.mark.parametrize("slug", problems.DOCUMENT)
def test_a_problem_has_constant_texts_and_an_error_status(slug: str) -> None:
    entry = problems.DOCUMENT[slug]
    assert 400 <= entry["status"] <= 599
    for key in ("title", "detail", "help"):
        assert entry[key].strip() == entry[key] != ""
        assert not re.search(r"[{}%]|<[a-z]", entry[key]), "a text with a place for a value"
    assert entry["detail"].endswith(".")
    assert entry["help"].endswith(".")


def test_problems_out_of_order_or_without_help_are_refused() -> None:
    document = sources.load("problems.yaml")
    entries = document["problems"]
    first = next(iter(entries))
    document["problems"] = {"zebra": entries[first], first: {"status": 200}}
    with pytest.raises(sources.SourceError) as refused:
        document_modules.problems(document)
    assert "alphabetical" in str(refused.value)
    assert f"{first}: keys must be" in str(refused.value)
