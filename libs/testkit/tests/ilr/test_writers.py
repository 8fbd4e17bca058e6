"""The three file formats carry the same learners, in order, and escape what needs it."""

import csv
import json
from io import BytesIO
from typing import Any

import pytest
from lxml import etree

from matricula_contracts.fields import CSV_COLUMNS, ENTITIES, NAMESPACE
from matricula_testkit.ilr import head
from matricula_testkit.ilr.learners import learner
from matricula_testkit.ilr.writers import WRITERS

Record = dict[str, Any]
HEAD = head.head(10_000_001, written=head.PREPARED, serial=1)
PEOPLE = [learner(2, index) for index in range(60)]


def written(form: str, people: list[Record]) -> bytes:
    stream = BytesIO()
    writer = WRITERS[form](stream, HEAD)
    for record in people:
        writer.write(record)
    writer.close()
    return stream.getvalue()


def texts(record: Record) -> Record:
    """The record with every value as text, as XML and CSV carry it."""
    found: Record = {}
    for name, value in record.items():
        if isinstance(value, dict):
            found[name] = texts(value)
        elif isinstance(value, list):
            found[name] = [texts(one) for one in value]
        else:
            found[name] = str(value)
    return found


def in_order(entity: str, record: Record) -> Record:
    """The record with its names in the order of the record model."""
    known = [*(item.name for item in ENTITIES[entity].fields), *ENTITIES[entity].children]
    return {name: record[name] for name in known if name in record}


def from_xml(element: Any) -> Record:
    found: Record = {}
    for child in element:
        name = etree.QName(child).localname
        if name not in ENTITIES:
            found[name] = child.text
        elif ENTITIES[name].repeats:
            found.setdefault(name, []).append(from_xml(child))
        else:
            found[name] = from_xml(child)
    return found


def from_csv(data: bytes) -> list[Record]:
    by_path = {entity.path: entity for entity in ENTITIES.values()}
    people: list[Record] = []
    above: dict[str, Record] = {}
    for row in csv.DictReader(data.decode().splitlines()):
        entity = by_path[row.pop("record")]
        values = {name: text for name, text in row.items() if text}
        above[entity.path] = values
        if entity.path == "Learner":
            people.append(values)
        elif entity.path.startswith("Learner."):
            parent = above[entity.path.rpartition(".")[0]]
            if entity.repeats:
                parent.setdefault(entity.name, []).append(values)
            else:
                parent[entity.name] = values
    return people


def test_xml_holds_the_learners_with_elements_in_schema_order() -> None:
    root = etree.fromstring(written("xml", PEOPLE))
    assert root.tag == f"{{{NAMESPACE}}}Message"
    found = [from_xml(one) for one in root.findall(f"{{{NAMESPACE}}}Learner")]
    assert found == [texts(record) for record in PEOPLE]
    for record, read in zip(PEOPLE, found, strict=True):
        assert list(read) == list(in_order("Learner", record))
        for aim, aim_read in zip(record["LearningDelivery"], read["LearningDelivery"], strict=True):
            assert list(aim_read) == list(in_order("LearningDelivery", aim))


def test_csv_holds_the_learners_one_row_for_each_entity() -> None:
    data = written("csv", PEOPLE)
    assert data.split(b"\r\n", 1)[0].decode() == ",".join(CSV_COLUMNS)
    assert from_csv(data) == [texts(record) for record in PEOPLE]


def test_ndjson_holds_the_head_and_then_one_learner_a_line() -> None:
    first, *rest = written("ndjson", PEOPLE).decode().splitlines()
    assert json.loads(first) == HEAD
    assert [json.loads(line) for line in rest] == PEOPLE


def test_what_has_a_meaning_in_a_format_is_escaped() -> None:
    record = {
        **PEOPLE[0],
        "AddLine1": '1 <b>&amp; "Sons", Ltd]]>',
        "FamilyName": "Łÿ\u2019 \U0001d538",
    }
    assert from_csv(written("csv", [record])) == [texts(record)]
    root = etree.fromstring(written("xml", [record]))
    assert from_xml(root[-1]) == texts(record)


def test_xml_has_no_empty_element() -> None:
    record = {**PEOPLE[0], "AddLine2": "", "Email": None}
    root = etree.fromstring(written("xml", [record]))
    assert all(len(one) or one.text for one in root.iter())


@pytest.mark.parametrize("form", ["xml", "csv"])
@pytest.mark.parametrize("bad", [{"ShoeSize": 9}, {"LearnerHE": {"ShoeSize": 9}}])
def test_a_name_that_the_record_does_not_have_is_refused(form: str, bad: Record) -> None:
    with pytest.raises(ValueError, match="ShoeSize"):
        written(form, [{**PEOPLE[0], **bad}])
