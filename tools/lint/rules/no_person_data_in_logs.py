"""No log line has a field called after personal data.

Incident: fides' event audit service and eShop's order log write personal data in structured
fields in spite of a comment. Redaction at run time masks such names; this says so while writing.
"""

from collections.abc import Iterator
from typing import Final

from tools.lint.rule import Example, Finding, Rule
from tools.lint.rules.no_fstring_log import log_calls
from tools.lint.source import Source

from matricula_contracts import fields

_ENCRYPTED: Final = frozenset(
    name
    for item in fields.all_fields()
    if item.storage != "clear"
    for name in (item.column.lower(), item.name.lower())
)
_PERSONAL: Final = _ENCRYPTED | {
    "birth_date", "dob", "email", "family_name", "forename", "given_names", "name", "names", "nino",
    "phone", "surname", "address", "ip", "ip_address", "body", "payload", "row", "record_data",
}  # fmt: skip


def is_personal(name: str) -> bool:
    """Say whether a field of this name would hold personal data, or a whole record."""
    return name.lower() in _PERSONAL


def check(source: Source) -> Iterator[Finding]:
    """Keywords of log calls and of `bind`; a mapping that is spread in is left to run time."""
    if source.is_test or not source.package:
        return
    for call in log_calls(source):
        for keyword in call.keywords:
            if keyword.arg is not None and is_personal(keyword.arg):
                yield Finding(call.lineno, "log an identifier, a code or a count instead")


_CODE: Final = "services/learner-api/src/learner_api/adapters/intake/worker.py"
RULE: Final = Rule(
    name="no-person-data-in-logs",
    check=check,
    good=(
        Example(_CODE, 'log.info("learner.amended", learner_id=learner_id, fields=3)\n'),
        Example(_CODE, 'store("amended", uln=uln)\n'),
    ),
    bad=(
        Example(_CODE, 'log.info("learner.amended", uln=uln)\n'),
        Example(_CODE, 'log.warning("learner.refused", family_name=record.family_name)\n'),
        Example(_CODE, 'self._log.error("upload.refused", body=body)\n'),
    ),
)
