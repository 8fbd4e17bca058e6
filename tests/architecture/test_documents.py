"""What the documents point at is there: links, headings, files named in code, and commands."""

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import typer
from tools.lint.source import ROOT

import consent_registry.__main__
import event_log.__main__
import ilr_validator.__main__
import learner_api.__main__
import matricula_gateway.__main__
import matricula_localstack.__main__

PROGRAMS = {
    "matricula": matricula_localstack.__main__.app,
    "matricula-gateway": matricula_gateway.__main__.app,
    "learner-api": learner_api.__main__.app,
    "consent-registry": consent_registry.__main__.app,
    "event-log": event_log.__main__.app,
    "ilr-validator": ilr_validator.__main__.app,
}
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
CODE_SPAN = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
PLACE = re.compile(
    r"(?:libs|services|gateway|contracts|tools|tests|docs|deploy|\.ci)/[\w./-]+|[A-Z]+\.md|Makefile"
)
COMMAND = re.compile(rf"(?:\.venv/bin/)?({'|'.join(PROGRAMS)}) ([a-z][a-z-]*)(?![\w.])")
MODULE = re.compile(r"python3? -m ([\w.]+)")
OURS = ("tools", "tests", *(name.replace("-", "_") for name in PROGRAMS), "matricula_")


def pages() -> list[Path]:
    hidden = (".venv", ".local", "node_modules")
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*.md"))
    return sorted(
        path
        for path in found
        if not any(part.startswith(".") for part in path.parts[:-1]) and path.parts[0] not in hidden
    )


def text_of(page: Path) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """Return the names under which headings can be linked to, as GitHub and GitLab make them."""
    found: dict[str, int] = {}
    names = set()
    for heading in HEADING.findall(FENCE.sub("", text_of(page))):
        plain = re.sub(r"[`*_]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        name = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        count = found[name] = found.get(name, -1) + 1
        names.add(f"{name}-{count}" if count else name)
    return names


def of_services(place: str) -> list[Path]:
    """Return the places of this name in services, for pages that speak of any of them."""
    return [folder / place for folder in (ROOT / "services").iterdir()]


def links(page: Path) -> Iterator[tuple[str, str]]:
    for target in LINK.findall(CODE_SPAN.sub("", FENCE.sub("", text_of(page)))):
        if not re.match(r"[a-z]+:", target):
            path, _, anchor = target.partition("#")
            yield path, anchor


def code(page: Path) -> Iterator[str]:
    """Yield code spans and the lines of code blocks, fenced or indented."""
    text = text_of(page)
    for block in FENCE.findall(text):
        yield from (line.strip() for line in block.splitlines()[1:-1])
    rest = FENCE.sub("", text)
    yield from CODE_SPAN.findall(rest)
    yield from (line.strip() for line in rest.splitlines() if line.startswith("    "))


@pytest.mark.parametrize("page", pages(), ids=str)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for path, anchor in links(page):
        target = (ROOT / page.parent / path).resolve() if path else ROOT / page
        if not target.exists() or not target.is_relative_to(ROOT):
            broken.append(path)
        elif anchor and anchor not in anchors(target.relative_to(ROOT)):
            broken.append(f"{path}#{anchor}")
    assert broken == []


@pytest.mark.parametrize("page", pages(), ids=str)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    missing = []
    for span in code(page):
        for word in span.split():
            place = word.rstrip(".,:;)")
            if PLACE.fullmatch(place):
                near = (ROOT / page.parent / place, ROOT / place, *of_services(place))
                if not any(one.exists() for one in near):
                    missing.append(place)
    assert missing == []


@pytest.mark.parametrize("page", pages(), ids=str)
def test_every_command_that_a_page_shows_exists(page: Path) -> None:
    unknown = []
    for span in code(page):
        for program, command in COMMAND.findall(span.removeprefix("$ ")):
            if command not in commands(program):
                unknown.append(f"{program} {command}")
        ours = (name for name in MODULE.findall(span) if name.startswith(OURS))
        unknown += [name for name in ours if find_spec(name) is None]
    assert unknown == []


def commands(program: str) -> set[str]:
    """Return the commands of a program, those too that it loads when they are asked for."""
    group = typer.main.get_group(PROGRAMS[program])
    return set(group.list_commands(typer.Context(group)))


def test_a_broken_link_a_missing_file_and_an_unknown_command_are_seen() -> None:
    assert commands("event-log") >= {"serve", "consume", "seal", "relay", "verify"}
    assert "forget" not in commands("event-log")
    assert COMMAND.findall(".venv/bin/event-log verify x") == [("event-log", "verify")]
    assert LINK.findall("see [the log](services/event-log/#api)") == ["services/event-log/#api"]
    assert PLACE.fullmatch("services/event-log/README.md")
    assert len(pages()) >= 10
