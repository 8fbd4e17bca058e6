"""Who uses which module of the chassis, directly or through another module of it.

Reads import statements. A name taken from a package counts for the module that the package has it
from, so that `from matricula_chassis.crypto import seal` is a use of `crypto.sealing` alone.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tools.lint.source import ROOT, Source

CHASSIS = "matricula_chassis"
SERVICES = {
    "gateway": ROOT / "gateway/src",
    **{folder.name: folder / "src" for folder in sorted((ROOT / "services").iterdir())},
}


@cache
def modules() -> dict[str, Source]:
    """Return the modules of the chassis by their dotted names, packages included."""
    return {source.module: source for source in _sources(ROOT / "libs/chassis/src")}


@cache
def users() -> dict[str, set[str]]:
    """Return module -> the services that load it."""
    known = modules()
    origins = {name: _origins(source) for name, source in known.items()}
    below = {
        name: set(_used(source, known, origins))
        for name, source in known.items()
        if source.path.name != "__init__.py"
    }
    found: dict[str, set[str]] = {name: set() for name in below}
    for service, folder in SERVICES.items():
        waiting = [name for one in _sources(folder) for name in _used(one, known, origins)]
        while waiting:
            name = waiting.pop()
            if name in found and service not in found[name]:
                found[name].add(service)
                waiting += below[name]
    return found


def code_lines(source: Source) -> int:
    """Count the lines that hold code: no blank ones, comments or docstrings."""
    documented = {
        line
        for holder in (source.tree, *source.of(ast.ClassDef), *source.functions())
        if holder.body
        and isinstance(first := holder.body[0], ast.Expr)
        and isinstance(first.value, ast.Constant)
        for line in range(first.lineno, (first.end_lineno or first.lineno) + 1)
    }
    return sum(
        1
        for number, line in enumerate(source.lines, start=1)
        if line.strip() and not line.lstrip().startswith("#") and number not in documented
    )


def _sources(folder: Path) -> Iterator[Source]:
    for path in sorted(folder.rglob("*.py")):
        yield Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))


def _origins(source: Source) -> dict[str, str]:
    """Return name -> the module that this one has it from."""
    return {
        alias.asname or alias.name: origin.module or ""
        for origin in source.of(ast.ImportFrom)
        for alias in origin.names
    }


def _used(
    source: Source, known: dict[str, Source], origins: dict[str, dict[str, str]]
) -> Iterator[str]:
    for _node, imported in source.imports():
        module, _, name = imported.rpartition(".")
        if imported in known:
            yield from _whole(imported, known)
        elif module in known:
            is_package = known[module].path.name == "__init__.py"
            yield origins[module].get(name, module) if is_package else module


def _whole(name: str, known: dict[str, Source]) -> Iterator[str]:
    """Yield the module, or everything in the package, of this name."""
    if known[name].path.name != "__init__.py":
        yield name
    else:
        yield from (one for one in known if one.startswith(f"{name}."))
