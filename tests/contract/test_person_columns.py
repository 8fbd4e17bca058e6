"""Every column of every database: none holds personal data that the field catalogue does not place.

Reads the migrated databases, so that a column added by hand in a migration is seen as well.
"""

from collections.abc import Callable, Iterable
from typing import Any

import asyncpg
import pytest
from tools.contracts import privacy

from matricula_contracts import fields
from matricula_localstack.provision import plain

PACKAGES = ("learner_api", "consent_registry", "event_log", "ilr_validator")
SEARCHABLE = {"integer", "bigint", "smallint", "numeric", "boolean", "bytea", "uuid", "date"}
# columns whose name says something else than it seems to; each with its reason
KNOWN = {
    ("dead_letter", "header_names"): "names of the headers of a record that could not be applied",
    ("checkpoint", "note"): "a signed tree head",
    ("validation", "return_name"): "one of R01 to R14",
    ("learner_check", "return_name"): "one of R01 to R14",
}
BLIND_INDEXES = {"learner_search"}  # keyed hashes under the names of what they find
_COLUMNS = """
    SELECT table_name, column_name, data_type
      FROM information_schema.columns
     WHERE table_schema = 'public'
     ORDER BY table_name, ordinal_position
"""


def faults(columns: Iterable[tuple[str, str, str]]) -> list[str]:
    """What is wrong with (table, column, type); empty when nothing is."""
    clear = {item.column for item in fields.all_fields() if item.storage == "clear"}
    kept_encrypted = {item.column for item in fields.all_fields()} - clear
    found = []
    for table, column, kind in columns:
        is_blind_index = table in BLIND_INDEXES and kind == "bigint"
        if (table, column) in KNOWN or column in clear or is_blind_index:
            continue
        if column in kept_encrypted:
            found.append(f"{table}.{column}: belongs in an encrypted block")
        elif privacy.looks_personal(column) and kind not in SEARCHABLE:
            found.append(f"{table}.{column}: looks like personal data, and no field is called so")
    return found


@pytest.mark.postgres
@pytest.mark.parametrize("package", PACKAGES)
async def test_no_database_has_a_column_for_personal_data_outside_the_catalogue(
    package: str, make_database: Callable[[str], Any]
) -> None:
    connection = await asyncpg.connect(plain(make_database(package).owner))
    try:
        rows = [tuple(row) for row in await connection.fetch(_COLUMNS)]
    finally:
        await connection.close()
    assert rows
    assert faults(rows) == []


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("family_name", "text"),
        ("date_of_birth", "date"),
        ("uln", "bigint"),
        ("mother_surname", "text"),
        ("home_address", "character varying"),
        ("coordinator_comment", "text"),
    ],
)
def test_a_column_for_a_person_is_found_wherever_it_is_added(column: str, kind: str) -> None:
    assert faults([("learner", column, kind)])


def test_a_search_table_holds_keyed_hashes_only() -> None:
    assert faults([("learner_search", "family_name", "text")])


def test_codes_of_the_record_and_blind_indexes_may_stand_in_clear() -> None:
    assert not faults(
        [
            ("learning_delivery", "comp_status", "integer"),
            ("learner_search", "family_name", "bigint"),
            ("learner_block", "identity", "bytea"),
        ]
    )
