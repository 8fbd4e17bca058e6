"""Bar charts as inline SVG, with a title and a description for those who do not see them."""

from collections.abc import Sequence
from typing import Final

from ilr_validator.adapters.reports.html_page import text

WIDTH: Final = 760
LABELS: Final = 250
NUMBERS: Final = 90
STEP: Final = 28
BAR: Final = 18
LONGEST_LABEL: Final = 32


def bars(name: str, title: str, values: Sequence[tuple[str, int]]) -> str:
    """Draw a horizontal bar for each value, labelled, longest value over the whole width."""
    most = max((value for _, value in values), default=0) or 1
    room = WIDTH - LABELS - NUMBERS
    height = STEP * len(values) + 8
    drawn = []
    for place, (label, value) in enumerate(values):
        top = place * STEP + 4
        length = max(1, round(room * value / most)) if value else 0
        middle = top + BAR - 4
        short = label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1] + "…"
        drawn.append(
            f'<text x="{LABELS - 8}" y="{middle}" text-anchor="end">{text(short)}</text>'
            f'<rect fill="#1d4f91" x="{LABELS}" y="{top}" width="{length}" height="{BAR}"/>'
            f'<text x="{LABELS + length + 6}" y="{middle}">{value:,}</text>'
        )
    described = "; ".join(f"{label}: {value:,}" for label, value in values)
    return (
        f'<figure>\n<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
        f' width="{WIDTH}" height="{height}" role="img"'
        f' aria-labelledby="{name}-title {name}-desc" font-size="14" fill="#0b0c0c">\n'
        f'<title id="{name}-title">{text(title)}</title>\n'
        f'<desc id="{name}-desc">{text(described)}</desc>\n'
        f"{''.join(drawn)}\n</svg>\n"
        f"<figcaption>{text(title)}</figcaption>\n</figure>\n"
    )
