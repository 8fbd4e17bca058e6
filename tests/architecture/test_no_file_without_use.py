"""Every file is used: imported, run, read by its name, or found by a tool that looks for it."""

import ast
import tomllib
from collections.abc import Iterator
from functools import cache

from tools.lint.source import ROOT, Source

PLACES = ("libs", "services", "gateway", "tools", "tests")
# Found by a tool under a fixed name, or by its place.
FOUND = {"__init__.py", "__main__.py", "conftest.py", "py.typed", "pyproject.toml", "README.md"}
AWAITED: dict[str, str] = {}


@cache
def sources() -> tuple[Source, ...]:
    paths = (path for place in PLACES for path in sorted((ROOT / place).rglob("*.py")))
    return tuple(
        Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        for path in paths
        if "__pycache__" not in path.parts
    )


def dotted_name(source: Source) -> str:
    return source.module or ".".join(source.path.with_suffix("").parts)


def is_found_by_a_tool(source: Source) -> bool:
    name = source.path.name
    is_test = name.startswith("test_") and source.is_test
    is_environment = source.path.parent.name == "migration_environment"
    is_rule = source.path.parts[:3] == ("tools", "lint", "rules")
    parts = source.path.parts  # pack.py walks `rules`, limits.py opens `concerns`
    is_of_a_pack = "packs" in parts and ("rules" in parts or name == "concerns.py")
    return (
        is_test or name in FOUND or source.is_migration or is_environment or is_rule or is_of_a_pack
    )


def names_used(source: Source) -> Iterator[str]:
    """Yield what a file imports or names in a text, such as `python -m` and entry points."""
    for _node, name in source.imports():
        yield name
        yield name.rpartition(".")[0]
    for relative in source.of(ast.ImportFrom):
        for alias in relative.names if relative.level else ():
            yield f"{source.path.parent.name}.{alias.name}"
            yield ".".join((*source.path.parent.parts, alias.name))
        if relative.level and relative.module:
            yield ".".join((*source.path.parent.parts, relative.module))
    for _node, text in source.strings():
        yield from (word.partition(":")[0] for word in text.split() if "." in word)
        if text.endswith(".py"):  # a script that lies beside, run by its path
            yield ".".join((*source.path.parent.parts, text.removesuffix(".py")))


def entry_points() -> set[str]:
    found = {"tests.performance.__main__"}
    for path in ROOT.glob("*/**/pyproject.toml"):
        if ".venv" not in path.parts:
            project = tomllib.loads(path.read_text(encoding="utf-8")).get("project", {})
            found |= {one.partition(":")[0] for one in project.get("scripts", {}).values()}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return found | {word for word in makefile.split() if word.startswith(("tools.", "tests."))}


def unused(*, by_tests_alone: bool) -> set[str]:
    """Return modules that nobody uses; with `by_tests_alone`, code that only tests use."""
    used = entry_points()
    for source in sources():
        is_development = source.is_test or source.package == "matricula_testkit"
        if not (by_tests_alone and (is_development or source.path.parts[0] == "tests")):
            used |= {name for name in names_used(source) if name != dotted_name(source)}
    return {
        dotted_name(source)
        for source in sources()
        if not is_found_by_a_tool(source)
        and dotted_name(source) not in used
        and not (by_tests_alone and (not source.package or source.package == "matricula_testkit"))
    }


def test_every_module_is_used_by_somebody() -> None:
    assert unused(by_tests_alone=False) == set()


def test_no_code_is_there_for_its_tests_alone() -> None:
    assert unused(by_tests_alone=True) == AWAITED.keys()


def test_every_query_is_run_by_its_name() -> None:
    left = []
    for path in sorted(ROOT.glob("*/**/src/**/*.sql")):
        package = path.relative_to(ROOT).as_posix().partition("/src/")[2].split("/")[0]
        texts = {
            text for one in sources() if one.package == package for _node, text in one.strings()
        }
        if path.stem not in texts and path.name not in texts:
            left.append(path.relative_to(ROOT).as_posix())
    assert left == []
