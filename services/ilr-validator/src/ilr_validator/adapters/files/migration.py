"""Writes a file of the year before as one of the new year, learner by learner.

Beside it come `to-decide.csv`, what a person must enter, decide or look at, and `summary.json`. All
are personal data, readable by their owner only; memory does not grow with the file.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import orjson
from lxml import etree

from ilr_validator.adapters.files.container import unpacked
from ilr_validator.adapters.files.ilr_file import IlrFile, open_file, pack_year
from ilr_validator.adapters.files.loose_schema import loose_schema
from ilr_validator.adapters.files.refusals import FileRefusedError, UnreadableFileError
from ilr_validator.adapters.files.schema_errors import parsed, schema_refusals
from ilr_validator.adapters.files.sources import PlainSource, PlainWorkspace
from ilr_validator.adapters.files.work_folder import put_in_place, work_folder
from ilr_validator.packs.migrations.entities import Entity
from ilr_validator.packs.migrations.migrate import Decision, migrate_learner
from ilr_validator.packs.migrations.plan import Plan
from ilr_validator.packs.record_model import EntityModel, load_record_model

UK: Final = ZoneInfo("Europe/London")
TO_DECIDE: Final = "to-decide.csv"
SUMMARY: Final = "summary.json"
SERIAL: Final = "01"
DECISIONS: Final = "to decide"
FORMULA: Final = ("=", "+", "-", "@", "\t")


@dataclass(frozen=True, slots=True)
class Migration:
    """How a migration came out."""

    file: Path
    to_decide: Path
    summary: Path
    counts: Counter[str]
    decisions: int


def migrate_file(path: Path, plan: Plan, out: Path, now: datetime) -> Migration:
    """Write the file of the new year, what is to be decided, and a summary.

    Raises UnreadableFileError where the file is not there or is not of the year before, and
    FileRefusedError where it is malformed or breaks the schema.
    """
    if not path.is_file():
        raise UnreadableFileError("there is no such file", name=path.name)
    out.mkdir(parents=True, exist_ok=True)
    with work_folder(out) as work:
        space = PlainWorkspace(work)
        source, _ = unpacked(PlainSource(path), path.name, space)
        year = pack_year(source)
        if year != plan.from_year:
            raise UnreadableFileError(
                "the file is not of the year before", year=year, wanted=plan.from_year
            )
        file = open_file(source, pack=year, work=space)
        name = _name(file, plan, now)
        with space.create(name) as xml, space.create(TO_DECIDE) as to_decide:
            text = io.TextIOWrapper(to_decide, "utf-8", newline="", write_through=True)
            writing = _Writing(plan, xml, csv.writer(text))
            writing.write(file, now)
        with space.create(SUMMARY) as summary:
            summary.write(orjson.dumps(_summary(plan, writing.counts), option=orjson.OPT_INDENT_2))
        for one in (name, TO_DECIDE, SUMMARY):
            put_in_place(work / one, out)
    counts = writing.counts
    return Migration(out / name, out / TO_DECIDE, out / SUMMARY, counts, counts[DECISIONS])


@dataclass(slots=True)
class _Writing:
    """The new file and the list of decisions, while they are written."""

    plan: Plan
    xml: BinaryIO
    decisions: Any
    """What csv.writer gives."""
    counts: Counter[str] = field(default_factory=Counter)

    def write(self, file: IlrFile, now: datetime) -> None:
        model = load_record_model(self.plan.pack.name)
        self.decisions.writerow(Decision._fields)
        self.xml.write(b'<?xml version="1.0" encoding="utf-8"?>\n')
        self.xml.write(f'<Message xmlns="{model.namespace}">\n'.encode())
        for part in _head(file.header, self.plan, now):
            self._put(part, model.message.child(part.name))
        for first, behind in file.parts():
            for learner in _learners(file, self.plan.from_year, first, behind):
                self._migrate(learner, model.learner)
        self.xml.write(b"</Message>\n")

    def _migrate(self, learner: Entity, model: EntityModel) -> None:
        done = migrate_learner(learner, self.plan)
        self.decisions.writerows(map(_harmless, row) for row in done.decisions)
        self.counts[DECISIONS] += len(done.decisions)
        self.counts.update(done.counts)
        if done.learner is not None:
            self._put(done.learner, model)

    def _put(self, entity: Entity, model: EntityModel) -> None:
        self.xml.write("".join(_text(entity, model, self.counts)).encode())
        self.xml.write(b"\n")


def _harmless(cell: str) -> str:
    """Put an apostrophe before what a spreadsheet could run as a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _head(header: dict[str, str], plan: Plan, now: datetime) -> Iterator[Entity]:
    """Give the head of the new file; the files from which the old one was made are not named."""
    local = now.astimezone(UK)
    year = plan.pack.name[2:4] + plan.pack.name[5:7]
    collection = Entity(
        "CollectionDetails",
        {"Collection": "ILR", "Year": year, "FilePreparationDate": local.date().isoformat()},
    )
    fields = {one.name for one in _source_model(plan).fields}
    given = {name: text for name, text in header.items() if name in fields}
    made = {"SerialNo": SERIAL, "DateTime": local.strftime("%Y-%m-%dT%H:%M:%S")}
    yield Entity("Header", {}, [collection, Entity("Source", given | made)])
    yield Entity("LearningProvider", {"UKPRN": header.get("LearningProviderUKPRN", "")})


def _source_model(plan: Plan) -> EntityModel:
    return load_record_model(plan.pack.name).message.child("Header").child("Source")


def _learners(file: IlrFile, year: str, first: int, behind: int) -> Iterator[Entity]:
    document = file.document(file.learners(first, behind))
    try:
        tree = parsed(document)
    except FileRefusedError:
        # Where the part stands in the file is only worth finding out now.
        parsed(document, file.line_of(first) - 1)
        raise
    schema = loose_schema(year, is_part=True)
    if not schema.validate(tree):
        lines = file.line_of(first) - 1
        known = load_record_model(year).names
        raise FileRefusedError(*schema_refusals(schema.error_log, known, lines))
    yield from map(_entity, tree)


def _entity(element: Any) -> Entity:
    made = Entity(etree.QName(element).localname)
    for child in element:
        if len(child):
            made.children.append(_entity(child))
        elif child.text and child.text.strip():
            made.fields[etree.QName(child).localname] = child.text.strip()
    return made


def _text(entity: Entity, model: EntityModel, counts: Counter[str]) -> Iterator[str]:
    """Write an entity in the order of the schema; what the new year does not know is counted."""
    for name in (*entity.fields, *(child.name for child in entity.children)):
        if name not in model.order:
            counts[f"not in the record of the new year: {name}"] += 1
    children = {child.name: child for child in model.children}
    yield f"<{entity.name}>"
    for name in model.order:
        if name in children:
            for child in entity.of(name):
                yield from _text(child, children[name], counts)
        elif name in entity.fields:
            yield f"<{name}>{escape(entity.fields[name])}</{name}>"
    yield f"</{entity.name}>"


def _name(file: IlrFile, plan: Plan, now: datetime) -> str:
    year = plan.pack.name[2:4] + plan.pack.name[5:7]
    ukprn = file.header.get("LearningProviderUKPRN", "")
    return f"ILR-{ukprn}-{year}-{now.astimezone(UK):%Y%m%d-%H%M%S}-{SERIAL}.xml"


def _summary(plan: Plan, counts: Counter[str]) -> dict[str, Any]:
    return {
        "from": plan.from_year,
        "to": plan.pack.name,
        "isProvisional": plan.pack.is_provisional,
        "counts": dict(sorted(counts.items())),
    }
