"""Reads a range of learners of a file into raw tables, held against the loose schema.

Learners in the usual form are cut by `tokens`. All others are parsed and validated by libxml2,
whose messages say what is wrong; what is right is written in the usual form and then cut.
"""

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from ilr_validator.adapters.files.ilr_file import IlrFile
from ilr_validator.adapters.files.loose_schema import loose_schema
from ilr_validator.adapters.files.plain_form import name_of
from ilr_validator.adapters.files.refusals import FileRefusedError
from ilr_validator.adapters.files.schema_errors import element_refusal, parsed, schema_refusals
from ilr_validator.adapters.files.tokens import tokens_of
from ilr_validator.adapters.files.xml_columns import UnusualValueError, raw_tables
from ilr_validator.packs.raw import RawTable
from ilr_validator.packs.record_model import LEARNER, RecordModel


def read_part(file: IlrFile, first: int, behind: int, model: RecordModel) -> Mapping[str, RawTable]:
    """Read the learners from `first` to before `behind`.

    Raises FileRefusedError where they are malformed or break the loose schema.
    """
    learners = file.learners(first, behind)
    tokens = tokens_of(learners, model)
    if tokens is not None and len(tokens.places[LEARNER]) == behind - first:
        try:
            return raw_tables(tokens, model, is_valid=False)
        except UnusualValueError:
            pass  # a parser must judge it: below
    return _parsed(file, learners, first, behind, model)


def _parsed(
    file: IlrFile, learners: bytes, first: int, behind: int, model: RecordModel
) -> Mapping[str, RawTable]:
    document = file.document(learners)
    try:
        tree = parsed(document)
    except FileRefusedError:
        # Where the part stands in the file is only worth finding out now.
        parsed(document, file.line_of(first) - 1)
        raise
    schema = loose_schema(model.year, is_part=True)
    if not schema.validate(tree):
        lines = file.line_of(first) - 1
        raise FileRefusedError(*schema_refusals(schema.error_log, model.names, lines))
    if len(tree) != behind - first:
        line = file.line_of(first)
        raise FileRefusedError(element_refusal("SCHEMAV_ELEMENT_CONTENT", LEARNER, line=line))
    anew = "".join(_written(learner) for learner in tree)
    tokens = tokens_of(anew.encode(), model)
    assert tokens is not None  # noqa: S101 - it was just written in the form that is known
    has_returns = b"\r" in learners or b"&#" in learners
    return raw_tables(tokens, model, is_valid=True, is_as_written=not has_returns)


def _written(element: Any) -> str:
    """Write an element, which the schema allows, in the usual form; carriage returns go."""
    name = name_of(element.tag)[1]
    said = "".join(map(_written, element)) or escape((element.text or "").replace("\r", ""))
    return f"<{name}>{said}</{name}>"
