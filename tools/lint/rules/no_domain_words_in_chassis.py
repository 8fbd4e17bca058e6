"""The chassis knows nothing of learners: no word of the domain in its code.

Incident: a shared library that knows the domain makes services one program in many processes: every
change of meaning is a change of everybody's run time, and all are released in lock step.
"""

import ast
import re
from collections.abc import Iterator
from typing import Final

from tools.lint.rule import Example, Finding, Rule
from tools.lint.source import Source

_WORDS: Final = frozenset(
    {
        "learner", "learners", "learning", "student", "apprentice", "apprenticeship", "tutor",
        "enrolment", "enrolments", "enrol", "aim", "aims", "ilr", "esfa", "consent", "consents",
        "agreement", "agreements", "submission", "submissions", "sar", "disposal", "coordinator",
        "uln", "postcode", "guardian", "employer", "qualification", "safeguarding",
    }
)  # fmt: skip
_SPLIT: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_MESSAGE: Final = "the chassis has no words of the domain; a service passes them in"


def check(source: Source) -> Iterator[Finding]:
    """Names and text constants. Docstrings may give examples; UKPRN is the tenant's scope."""
    if source.package != "matricula_chassis":
        return
    for line, text in (*_names(source), *((n.lineno, t) for n, t in source.strings())):
        if not _WORDS.isdisjoint(word.lower() for word in _SPLIT.findall(text)):
            yield Finding(line, _MESSAGE)


def _names(source: Source) -> Iterator[tuple[int, str]]:
    for one in (*source.of(ast.ClassDef), *source.functions()):
        yield one.lineno, one.name
    for name in source.of(ast.Name):
        yield name.lineno, name.id
    for argument in source.of(ast.arg):
        yield argument.lineno, argument.arg
    for keyword in source.of(ast.keyword):
        yield keyword.value.lineno, keyword.arg or ""
    for attribute in source.of(ast.Attribute):
        yield attribute.lineno, attribute.attr


_CODE: Final = "libs/chassis/src/matricula_chassis/audit.py"
RULE: Final = Rule(
    name="no-domain-words-in-chassis",
    check=check,
    good=(
        Example(_CODE, '"""Facts, as in `learner:amended`."""\n\nSUBJECT = "subject_id"\n'),
        Example(_CODE, "claims = retention_of(principal.ukprn)\n"),
        Example("services/learner-api/src/learner_api/domain/learner.py", "class Learner: ...\n"),
    ),
    bad=(
        Example(_CODE, "class LearnerScope: ...\n"),
        Example(_CODE, 'TABLE = "consent_event"\n'),
        Example(_CODE, "def rows(enrolment_id): ...\n"),
        Example(_CODE, "actor = one.submission\n"),
    ),
)
