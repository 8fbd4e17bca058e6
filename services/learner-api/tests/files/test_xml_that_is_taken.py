"""XML that must be taken: encodings, prefixes, line ends, comments, further parts of the file."""

import io
from typing import Any

import pytest

from learner_api.adapters.files.submission import open_submission
from learner_api.domain.record import ParsedRecord

NAMESPACE = "ESFA/ILR/2025-26"
DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'


def only(records: list[ParsedRecord]) -> ParsedRecord:
    assert len(records) == 1
    return records[0]


def test_comments_processing_instructions_and_cdata_do_not_change_a_value(ilr: Any) -> None:
    text = ilr.learner_xml()
    uln = text[text.index("<ULN>") + 5 : text.index("</ULN>")]
    split = f"{uln[:4]}<!-- c -->{uln[4:6]}<?note x?><![CDATA[{uln[6:]}]]>"
    record = only(ilr.read(ilr.xml(text.replace(uln, split, 1))))
    assert record.faults == ()
    assert record.data["ULN"] == int(uln)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1", "windows-1252"]
)  # fmt: skip
def test_a_file_in_the_encoding_that_it_declares_is_read(ilr: Any, encoding: str) -> None:
    declared = encoding.removesuffix("-sig")
    item = ilr.learner() | {"FamilyName": "Tes\u00e9t"}
    document = ilr.write("xml", [item]).decode().replace('"utf-8"', f'"{declared}"')
    record = only(ilr.read(document.encode(encoding)))
    assert record.faults == ()
    assert record.data["FamilyName"] == "Tes\u00e9t"


def test_a_file_without_a_declaration_is_utf_8(ilr: Any) -> None:
    item = ilr.learner() | {"FamilyName": "\u015awi\u0119tos\u0142awa \u4e2d\u6587 \U00020000"}
    document = ilr.write("xml", [item]).decode().removeprefix(DECLARATION).lstrip()
    assert only(ilr.read(document.encode())).data["FamilyName"] == item["FamilyName"]


def test_a_prefix_instead_of_a_default_namespace_is_read(ilr: Any) -> None:
    text = ilr.xml(ilr.learner_xml()).decode().removeprefix(DECLARATION)
    text = text.replace("</", "</i:").replace("<", "<i:").replace("<i:/i:", "</i:")
    text = text.replace("xmlns=", "xmlns:i=")
    assert only(ilr.read(text.encode())).faults == ()


def test_a_schema_location_on_the_root_is_allowed(ilr: Any) -> None:
    text = ilr.xml(ilr.learner_xml()).decode()
    hint = (
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="{NAMESPACE} ILR.xsd" xmlns='
    )
    assert only(ilr.read(text.replace("xmlns=", hint, 1).encode())).faults == ()
    assert ilr.refusal(text.replace("xmlns=", "a='1' xmlns=", 1).encode()).problem == (
        "file-structure-invalid"
    )


def test_line_ends_of_windows_and_indentation_are_read(ilr: Any) -> None:
    text = ilr.xml(ilr.learner_xml()).decode().replace("><", ">\r\n\t <")
    assert only(ilr.read(text.encode())).faults == ()


def test_source_files_between_header_and_provider_are_read(ilr: Any) -> None:
    head = ilr.head() | {
        "SourceFiles": {
            "SourceFile": [
                {"SourceFileName": "a.xml", "FilePreparationDate": "2025-10-01", "SerialNo": "1"}
            ]
        }
    }
    content = ilr.write("xml", [ilr.learner()], head)
    file = open_submission(io.BytesIO(content))
    assert file.head().data["SourceFiles"]["SourceFile"][0]["SourceFileName"] == "a.xml"
    assert only(list(file.records())).faults == ()


def test_progress_moves_to_the_end_of_the_file(ilr: Any) -> None:
    content = ilr.write("xml", ilr.learners(300))
    file = open_submission(io.BytesIO(content))
    file.head()
    assert 0 < file.bytes_read < file.bytes_total == len(content)
    list(file.records())
    assert file.bytes_read == file.bytes_total
    with pytest.raises(RuntimeError):
        next(file.records())
