"""Files of the year 2025-26, made from the record model: nobody in them exists."""

import copy
import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import orjson

from ilr_validator.adapters.files.parts import PartChecker
from ilr_validator.adapters.files.refusals import FileRefusedError, Refusal
from ilr_validator.adapters.files.sources import PlainSource, PlainWorkspace
from ilr_validator.adapters.files.valid_file import tidied, write_valid_file
from ilr_validator.adapters.files.validation import (
    Order,
    Validation,
    prepared,
    validate,
)
from ilr_validator.application.check import Finding
from ilr_validator.packs.pack import load
from ilr_validator.packs.record_model import EntityModel, FieldModel, load_record_model

MODEL = load_record_model("2025-26")
NAMESPACE = MODEL.namespace
NAME = "ILR-10000001-2526-20260203-091500-01.xml"
OFFICIAL = (
    Path(__file__).parents[5] / ".." / "shared/data/ilr/official/schema-2025-26.xsd"
).resolve()
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = "Secretperson"
"""A value that no message may repeat."""
Tree = dict[str, Any]

OF_A_FORM = {
    "LearnRefNumber": "A1", "PrevLearnRefNumber": "A1", "CampId": "A1", "FamilyName": "Testa",
    "GivenNames": "Fake", "TelNo": "0123", "Email": "a@b", "UCASPERID": "0123456789",
    "UCASSCHEMECODE": "AB12", "ULN": "9999999999", "AddLine1": "1 Test Road",
    "ProtectiveMarking": "OFFICIAL-SENSITIVE-Personal", "Year": "2526", "Collection": "ILR",
    "SerialNo": "01", "UKPRN": "10000001", "FilePreparationDate": "2026-02-03",
}  # fmt: skip


def good(field: FieldModel) -> str:
    """A value that no field definition objects to."""
    if field.name in OF_A_FORM:
        return OF_A_FORM[field.name]
    if field.kind == "date":
        return "2025-09-01"
    if field.kind == "datetime":
        return "2026-02-03T09:15:00"
    if field.kind in {"int", "decimal"}:
        return f"{field.low:.0f}" if field.low and field.low >= 1 else "1"
    return "A"


def full(entity: EntityModel) -> Tree:
    """An entity with every field, and every entity below it once."""
    fields = {field.name: good(field) for field in entity.fields}
    return fields | {child.name: [full(child)] for child in entity.children}


def learner(**changes: Any) -> Tree:
    """A learner with every field and every entity once; a change to None takes something out."""
    return full(MODEL.learner) | changes


def rows(tree: Tree, entity: str) -> list[Tree]:
    """The rows of an entity, wherever below the tree they stand."""
    if entity == MODEL.learner.name:
        return [tree]
    found: list[Tree] = []
    for name, value in tree.items():
        if isinstance(value, list):
            for row in value:
                found += [row] if name == entity else rows(row, entity)
    return found


def changed(tree: Tree, entity: str, **changes: Any) -> Tree:
    """The tree with changes in every row of an entity."""
    result = copy.deepcopy(tree)
    for row in rows(result, entity):
        row.update(changes)
    return result


def xml(entity: EntityModel, tree: Mapping[str, Any]) -> str:
    """Write an entity in the order of the schema; what stands under `<` is written as it is."""
    children = {child.name: child for child in entity.children}
    parts = []
    for name in entity.order:
        value = tree.get(name)
        if name in children:
            parts += [xml(children[name], row) for row in value or ()]
        elif value is not None:
            parts.append(value if value.startswith("<") else f"<{name}>{escape(value)}</{name}>")
    return f"<{entity.name}>{''.join(parts)}</{entity.name}>"


HEAD = (
    f'<?xml version="1.0" encoding="utf-8"?>\n<Message xmlns="{NAMESPACE}">\n'
    + "\n".join(
        xml(MODEL.message.child(name), full(MODEL.message.child(name)))
        for name in ("Header", "LearningProvider")
    )
    + "\n"
)
END = "</Message>\n"


def document(learners: Iterable[Mapping[str, Any]], head: str = HEAD, end: str = END) -> str:
    """A whole file, each learner on a line of its own."""
    return head + "".join(xml(MODEL.learner, one) + "\n" for one in learners) + end


def numbered(count: int, **changes: Any) -> list[Tree]:
    """So many learners with references and ULNs of their own."""
    return [
        learner(LearnRefNumber=f"L{number:05}", ULN=str(1000000000 + number), **changes)
        for number in range(count)
    ]


class Run:
    """How a file was validated, and everything that was found."""

    def __init__(self, result: Validation, out: Path) -> None:
        self.result = result
        self.out = out
        self.summary = orjson.loads(result.reports.summary.read_bytes())

    @property
    def rows(self) -> list[dict[str, str]]:
        """The rows of the Rule Violation Report."""
        with self.result.reports.violations.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    @property
    def rules(self) -> dict[str, set[str]]:
        """The rules that each learner broke, by reference; the file's own under the empty text."""
        found: dict[str, set[str]] = {}
        for row in self.rows:
            found.setdefault(row["Learner Ref"], set()).add(row["Rule Name"])
        return found

    @property
    def valid(self) -> str:
        """The file of the learners without an error."""
        assert self.result.valid_file is not None
        return self.result.valid_file.read_text("utf-8")


Runner = Callable[..., Run]


def run(folder: Path, content: str | bytes, *, name: str = NAME, **order: Any) -> Run:
    """Validate a file in a folder of its own."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    out = order.pop("out", folder / "out")
    given: dict[str, Any] = {
        "now": NOW,
        "application_version": "0",
        "pack": "2025-26",
        "workers": 1,
    } | order
    return Run(validate(Order(path=path, out=out, **given), lambda *_: None), out)


def checker(folder: Path, content: str | bytes, **order: Any) -> PartChecker:
    """Open a file; raises FileRefusedError where it is refused."""
    path = folder / NAME
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    work = Path(tempfile.mkdtemp(dir=folder))
    given: dict[str, Any] = {"now": NOW, "application_version": "0", "out": folder}
    return prepared(
        Order(path=path, **(given | order)),
        PlainSource(path), PlainWorkspace(work), load("2025-26"),
    )  # fmt: skip


def refused(folder: Path, content: str | bytes, **order: Any) -> tuple[Refusal, ...]:
    """Why a file is refused; nothing where it is not."""
    try:
        one = checker(folder, content, **order)
        for first, behind in one.file.parts():
            one.check_range(first, behind)
    except FileRefusedError as error:
        return error.refusals
    return ()


def keys(found: Iterable[Finding]) -> list[tuple[Any, ...]]:
    """What says of findings that they are the same."""
    return sorted(
        (one.rule, one.severity, one.learner, one.aim, str(one.learn_ref_number),
         str(one.aim_seq_number), str(one.parameters), str(one.learner_details),
         str(one.aim_details))
        for one in found
    )  # fmt: skip


def tidied_document(learners: Iterable[Mapping[str, Any]]) -> str:
    """A file as the file of valid learners has it: values trimmed, empty fields left out."""
    fields = frozenset(field.name for entity, _ in MODEL.message.walk() for field in entity.fields)
    return tidied(document(learners).encode(), fields).decode()


def run_path(path: Path, out: Path, **order: Any) -> Run:
    """Validate a file that is there."""
    given: dict[str, Any] = {"now": NOW, "application_version": "0", "pack": "2025-26"} | order
    return Run(validate(Order(path=path, out=out, **given), lambda *_: None), out)


def found(one: PartChecker) -> list[tuple[Any, ...]]:
    """All findings of an open file but those of the rules over the whole file, without details."""
    parts = (one.check_range(first, behind) for first, behind in one.file.parts())
    return sorted(key[:7] for part in parts for key in keys(part.findings))


def written_valid(one: PartChecker, has_error: list[bool]) -> str:
    """The file of the learners without an error, of which nothing else is known."""
    out = io.BytesIO()
    write_valid_file(one.file, np.array(has_error), out)
    return out.getvalue().decode()
