"""All services have the same files in the same places, and their insides stay pure."""

import sys
from pathlib import Path

import pytest
from tools.lint.source import ROOT, Source

SERVICES = {
    "matricula_gateway": ROOT / "gateway",
    **{one.name.replace("-", "_"): one for one in sorted((ROOT / "services").iterdir())},
}
FILES = ("__init__.py", "__main__.py", "bootstrap.py", "settings.py", "py.typed")
LAYERS = ("domain", "application", "adapters", "adapters/http", "adapters/events")
WITH_A_DATABASE = ("adapters/postgres", "adapters/postgres/tables.py", "migrations/versions")
NO_DATABASE = {"matricula_gateway": "owns nothing but its configuration and a spool"}

# What a domain may load beside the standard library, its own modules and the chassis's errors.
PURE = {
    "matricula_contracts": "value types and the field catalogue; no I/O",
    "orjson": "canonical bytes of a record, on the bulk path",
    "cryptography": "signatures are what the log's domain is about",
}
ALLOWED = {
    "learner_api": {"matricula_contracts", "orjson"},
    "event_log": {"cryptography"},
    "ilr_validator": set[str](),
    "consent_registry": set[str](),
    "matricula_gateway": set[str](),
}


def inside(package: str) -> Path:
    return SERVICES[package] / "src" / package


@pytest.mark.parametrize("package", SERVICES)
def test_a_service_has_the_files_that_every_service_has(package: str) -> None:
    expected = [*FILES, *LAYERS]
    if package not in NO_DATABASE:
        expected += WITH_A_DATABASE
    assert [name for name in expected if not (inside(package) / name).exists()] == []
    member = SERVICES[package]
    assert [
        name for name in ("pyproject.toml", "README.md", "tests") if not (member / name).exists()
    ] == []


@pytest.mark.parametrize("package", SERVICES)
def test_a_folder_of_code_is_a_package(package: str) -> None:
    folders = {path.parent for path in inside(package).rglob("*.py")}
    assert [one for one in folders if not (one / "__init__.py").exists()] == []


@pytest.mark.parametrize("package", SERVICES)
def test_the_domain_loads_the_standard_library_and_little_else(package: str) -> None:
    found = set()
    for path in (inside(package) / "domain").glob("*.py"):
        source = Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        found |= {name for _node, name in source.imports() if not is_free(name, package)}
    assert {name.split(".")[0] for name in found} == ALLOWED[package]
    assert ALLOWED[package] <= PURE.keys()


def test_the_contracts_load_pydantic_and_the_standard_library_only() -> None:
    found = set()
    for path in (ROOT / "libs/contracts/src").rglob("*.py"):
        source = Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        found |= {name.split(".")[0] for _node, name in source.imports()}
    assert found - set(sys.stdlib_module_names) == {"matricula_contracts", "pydantic"}


def is_free(name: str, package: str) -> bool:
    if name.split(".", maxsplit=1)[0] in sys.stdlib_module_names:
        return True
    return name.startswith((f"{package}.domain.", "matricula_chassis.errors."))
