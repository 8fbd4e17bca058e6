"""How the pages for people show a finding: its aim, its field values, its severity, its learner."""

import functools
from collections.abc import Callable
from typing import Final

from ilr_validator.adapters.reports.facts import ReportFacts
from ilr_validator.adapters.reports.html_page import anchor, quoted, text
from ilr_validator.adapters.reports.spool import NO_LEARNER, Group, Stored
from ilr_validator.application.check import AimDetails, LearnerDetails

SEVERITIES: Final = {"E": "Error", "W": "Warning", "F": "Error: file refused"}
NAMES: Final = frozenset({"FamilyName", "GivenNames"})
LEFT_OUT: Final = "(left out)"


def rule_page(group: Group, number: int) -> str:
    """Name the page of a rule's findings, from page 1."""
    return f"rule-{group.number + 1}-{anchor(group.rule)}-{number}.html"


def rule_row(group: Group, number: int, a_page: int) -> str:
    """Give the address of a finding on the pages of its rule."""
    return f"{rule_page(group, number // a_page + 1)}#f{number}"


def learner_anchor(learner: int) -> str:
    """Name the place of a learner on its page."""
    return f"l{learner}"


def field_anchor(one: Stored, name: str) -> str:
    """Name the place of a field of a learner, or of one of the learner's aims."""
    aim = "" if one.aim < 0 else f"-a{one.aim}"
    return f"{learner_anchor(one.learner)}{aim}-{anchor(name)}"


def severity(group: Group) -> str:
    """Say the severity in a word."""
    return text(SEVERITIES.get(group.severity, group.severity))


def aim(one: Stored) -> str:
    """Name the aim of a finding."""
    sequence = "" if one.aim_seq_number is None else f"Aim {one.aim_seq_number}"
    reference = AimDetails(*one.aim_details).learn_aim_ref if one.aim_details else None
    shown = quoted(reference) if reference else ""
    return ", ".join(part for part in (sequence, shown) if part) or "None"


def learner_name(one: Stored, facts: ReportFacts) -> str:
    """Give the learner's name, unless names are to be left out."""
    details = LearnerDetails(*one.learner_details)
    if not facts.has_names:
        return ""
    return quoted(" ".join(part for part in (details.given_names, details.family_name) if part))


def fields(one: Stored, facts: ReportFacts, place: Callable[[str, str], str]) -> str:
    """List the fields that a finding names; `place` puts a field's label where it belongs."""
    items = []
    for name, value in one.parameters:
        label = _label(facts.entities.get(name), name)
        if name in NAMES and not facts.has_names:
            shown = LEFT_OUT
        else:
            shown = "(none)" if value is None else quoted(value)
        items.append(f"<li>{place(name, label)}: {shown}</li>")
    return f'<ul class="fields">{"".join(items)}</ul>' if items else "None"


@functools.lru_cache
def _label(entity: str | None, name: str) -> str:
    return text(f"{entity}.{name}" if entity else name)


def names_learner(one: Stored) -> bool:
    """Say whether the finding belongs to a learner of the file."""
    return one.learner != NO_LEARNER
