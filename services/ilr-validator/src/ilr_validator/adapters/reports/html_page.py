"""One page of the report for people: landmarks, styles, escaping. No script, nothing external.

Pages are well-formed XML as well, and printable; text is black on white with a ratio above 7:1.
"""

import functools
import re
from collections.abc import Iterable
from html import escape
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from ilr_validator.adapters.reports.facts import MARKING, ReportFacts
from ilr_validator.adapters.reports.private_files import open_private_text

CONTROLS: Final = re.compile(r"[^\t\n\r\x20-\x7e\x80-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 does not permit, and DEL."""
PLAIN: Final = re.compile(r"[\w .,:;/()-]*", re.ASCII)
NOT_IN_ANCHORS: Final = re.compile(r"[^A-Za-z0-9_-]+")
POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
STYLE: Final = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; font: 1rem/1.5 system-ui, "Segoe UI", Arial, sans-serif; color: #0b0c0c;
  background: #fff; }
header, nav, main, footer { max-width: 78rem; margin: 0 auto; padding: 0.75rem 1.25rem; }
header { border-bottom: 4px solid #0b0c0c; }
footer { border-top: 1px solid #505a5f; margin-top: 2rem; }
.marking { font-weight: 700; letter-spacing: 0.04em; margin: 0; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0.25rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.35rem; margin: 2rem 0 0.5rem; }
h3 { font-size: 1.1rem; margin: 1.5rem 0 0.25rem; }
a { color: #003078; text-underline-offset: 0.15em; }
a:focus-visible, .scroll:focus-visible { outline: 3px solid #0b0c0c; outline-offset: 2px;
  background: #ffdd00; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 0.5rem; top: 0.5rem; padding: 0.5rem; background: #fff; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; list-style: none; margin: 0;
  padding: 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0 1rem; }
caption { text-align: left; font-weight: 700; padding: 0.25rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.75rem 0.35rem 0;
  border-bottom: 1px solid #b1b4b6; overflow-wrap: anywhere; }
th { min-width: 5rem; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
figure { margin: 1rem 0; }
ul.fields { list-style: none; margin: 0; padding: 0; }
:target { background: #fff3bf; }
svg { max-width: 100%; height: auto; }
@media print {
  nav, .skip { display: none; }
  body { font-size: 10pt; }
  a { color: inherit; text-decoration: none; }
  thead { display: table-header-group; }
  tr, figure { break-inside: avoid; }
}
"""


class Page:
    """Writes a page from its head to its foot; what is between is written in pieces."""

    def __init__(self, path: Path, facts: ReportFacts, *, title: str, heading: str) -> None:
        self._file = open_private_text(path)
        self._facts = facts
        self.write(
            '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8"/>\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
            '<meta name="referrer" content="no-referrer"/>\n'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"/>\n'
            f"<title>{text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
            '<a class="skip" href="#main">Skip to the content</a>\n<header>\n'
            f'<p class="marking">{MARKING}</p>\n<h1>{text(heading)}</h1>\n'
            f"<p>{text(f'Provider {facts.provider}')}. ILR file {quoted(facts.file_name)}.</p>\n"
            "</header>\n"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._foot()
        self._file.close()

    def write(self, markup: str) -> None:
        """Write markup."""
        self._file.write(markup)

    def begin_main(self, links: Iterable[tuple[str, str]]) -> None:
        """Write the navigation, as pairs of address and label, and begin the content."""
        items = "".join(f'<li><a href="{href}">{text(label)}</a></li>' for href, label in links)
        self.write(f'<nav aria-label="Pages"><ul>{items}</ul></nav>\n<main id="main">\n')

    def begin_table(
        self, caption: str, columns: Iterable[str], *, name: str, numbers: frozenset[str]
    ) -> None:
        """Begin a table; `numbers` are the columns with numbers."""
        heads = "".join(
            f'<th scope="col"{NUMBER if one in numbers else ""}>{text(one)}</th>' for one in columns
        )
        self.write(
            f'<div class="scroll" role="region" aria-labelledby="{name}-caption" tabindex="0">\n'
            f'<table>\n<caption id="{name}-caption">{text(caption)}</caption>\n'
            f"<thead><tr>{heads}</tr></thead>\n<tbody>\n"
        )

    def end_table(self) -> None:
        """End a table."""
        self.write("</tbody>\n</table>\n</div>\n")

    def _foot(self) -> None:
        facts = self._facts
        made = facts.local_time.strftime("%H:%M:%S on %d/%m/%Y")
        rules = f"Rules {facts.pack} version {facts.pack_version}"
        self.write(
            f"</main>\n<footer>\n<p>{text(rules)}, severities of {text(facts.severity_column)}."
            f" Made at {made}, UK time, by ilr-validator {text(facts.application_version)}.</p>\n"
            f'<p class="marking">{MARKING}</p>\n</footer>\n</body>\n</html>\n'
        )


NUMBER: Final = ' class="number"'
NO_NUMBERS: Final[frozenset[str]] = frozenset()


def text(value: object) -> str:
    """Escape a value; characters that no page may hold are replaced."""
    shown = str(value)
    if PLAIN.fullmatch(shown):
        return shown
    return escape(CONTROLS.sub("\N{REPLACEMENT CHARACTER}", shown))


def quoted(value: object) -> str:
    """Escape a value from the file, and keep its direction of writing to itself."""
    shown = text(value)
    return shown if shown.isascii() else f"<bdi>{shown}</bdi>"


@functools.lru_cache
def anchor(name: str) -> str:
    """Make a name fit for an address."""
    return NOT_IN_ANCHORS.sub("-", name)
