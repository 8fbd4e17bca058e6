"""Waivers: `# lint-skip: <rule> <reason>`, the one way round a rule.

A waiver covers its line, or the line below when it stands alone; on or above a `def` or `class`
all of it; above the first statement the whole file. One without reason or effect is a fault.
"""

import ast
import io
import re
import tokenize
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from tools.lint.rule import Finding
from tools.lint.source import FUNCTIONS, Source

_MARK: Final = "lint-skip:"
_WAIVER: Final = re.compile(rf"(?:#|--)\s*{_MARK}\s*(?P<rule>[\w-]*)\s*(?P<reason>.*)")
_SHORTEST_REASON: Final = 10


@dataclass(frozen=True, slots=True)
class Waiver:
    """A rule waived from `first` to `last`, both included; `line` is where it says so."""

    line: int
    rule: str
    reason: str
    first: int
    last: int

    def covers(self, rule: str, line: int) -> bool:
        """Say whether it waives this rule at this line."""
        return rule == self.rule and self.first <= line <= self.last


def waivers_of(source: Source) -> list[Waiver]:
    """Return the waivers of a file."""
    if _MARK not in source.text:
        return []
    spans = _spans(source)
    begins = _first_statement(source)
    found = []
    for line, comment in _comments(source):
        match = _WAIVER.match(comment)
        if match is None:
            continue
        is_alone = source.lines[line - 1].lstrip().startswith(comment)
        first = _next_code(source.lines, line) if is_alone else line
        last = spans.get(first, first)
        if line < begins:
            first, last = 1, len(source.lines)
        found.append(Waiver(line, match["rule"], match["reason"].strip(), first, last))
    return found


def faults(
    waivers: Collection[Waiver], *, known: Collection[str], used: Collection[Waiver]
) -> Iterator[Finding]:
    """Yield waivers that name no rule, give no reason, or waive nothing."""
    for waiver in waivers:
        if waiver.rule not in known:
            yield Finding(waiver.line, "waives a rule that does not exist")
        elif len(waiver.reason) < _SHORTEST_REASON:
            yield Finding(waiver.line, "give the reason after the rule's name")
        elif waiver not in used:
            yield Finding(waiver.line, "waives nothing here: take it out")


def _comments(source: Source) -> Iterator[tuple[int, str]]:
    if source.path.suffix == ".py":
        for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string
    else:
        for number, line in enumerate(source.lines, start=1):
            if "--" in line:
                yield number, line[line.index("--") :]


def _spans(source: Source) -> dict[int, int]:
    """Return first line -> last line of every function and class, decorators included."""
    spans = {}
    for node in (*source.functions(), *source.of(ast.ClassDef)):
        for line in (node.lineno, *(one.lineno for one in node.decorator_list)):
            spans[line] = node.end_lineno or node.lineno
    return spans


def _first_statement(source: Source) -> int:
    """Return the line at which code begins, after the docstring; 2 where there is none."""
    body = source.tree.body
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    if not body:
        return 2
    first = body[0]
    decorators = first.decorator_list if isinstance(first, (*FUNCTIONS, ast.ClassDef)) else []
    return min([first.lineno, *(one.lineno for one in decorators)])


def _next_code(lines: list[str], line: int) -> int:
    for number, text in enumerate(lines[line:], start=line + 1):
        if text.strip() and not text.lstrip().startswith(("#", "--")):
            return number
    return line
