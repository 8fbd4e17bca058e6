"""The page on the code lists of a pack: which codes, whether complete, from which sources."""

import csv
from importlib import resources

from ilr_validator.packs.pack import load

HEAD = """\
# Code lists of {pack}

Written by `ilr-validator reference code-lists --pack {pack}`; do not edit.

In a complete list a code that is missing is an error. In a provisional list a code that is there
passes, and of one that is missing nobody can say: the rule is *not run* for that learner. A user's
`code_lists.csv` replaces or completes a list ([reference data](../howto/ilr-reference-data.md)).
Validity dates of single codes are in the pack's `data/codes.tsv`.

| List | Codes | Complete | Sources |
|---|---:|---|---|
"""


def code_list_page(pack: str) -> str:
    """Give the page in Markdown; raises LookupError where there is no such pack."""
    lists = load(pack).code_lists
    folder = resources.files(f"ilr_validator.packs.y{pack.replace('-', '_')}") / "data"
    sources: dict[str, str] = {}
    page = folder / "code_lists.tsv"
    if page.is_file():
        rows = csv.DictReader(page.read_text("utf-8").splitlines(), delimiter="\t")
        sources = {row["list"]: row["sources"] for row in rows}
    lines = [
        f"| {name} | {len(one.codes)} | {'yes' if one.is_complete else 'provisional'} |"
        f" {sources.get(name, '')} |\n"
        for name, one in sorted(lists.items())
    ]
    return HEAD.format(pack=pack) + "".join(lines)
