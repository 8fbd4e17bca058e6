"""What is cut out of the bytes of learners is what a parser reads, and no more is let through."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from ilr_validator.adapters.files.loose_schema import loose_schema
from ilr_validator.adapters.files.tokens import tokens_of
from ilr_validator.adapters.files.xml_columns import UnusualValueError, raw_tables
from ilr_validator.adapters.files.xml_parser import parser
from ilr_validator.packs.raw import RawTable
from ilr_validator.packs.record_model import EntityModel

from .made import MODEL, NAMESPACE, document, learner, numbered, refused, xml

TAG = re.compile(rb"(<[^>]*>)")
PLAIN = "".join(xml(MODEL.learner, one) for one in numbered(2)).encode()
ODD_PIECES = (
    b"<", b">", b"/", b"&", b"&amp;", b"&#65;", b"&#0;", b"&lt;ULN>", b"]]>", b"<!---->",
    b"<![CDATA[1]]>", b"<?a?>", b"<ULN>", b"</ULN>", b"<ULN/>", b"<ULN></ULN>", b"<X></X>",
    b"<ULN >1</ULN >", b"<ULN>1</ULN>", b"<Learner>", b"</Learner>", b"</LearningDelivery>",
    b"<PriorAttain></PriorAttain>", b"<PriorAttainx></PriorAttainx>", b"<\0ULN>", b"\0", b"\x1f",
    b"\x7f", b"\xff", b"\xc3\xa9", b"\xef\xbf\xbf", b"\xc2\xa0", b" ", b"\n", b"\r\n", b"\t",
    b"text", b"<Sex xsi:nil='true'></Sex>", b"<a:ULN>1</a:ULN>",
)  # fmt: skip
ODD_VALUES = (
    b"", b" ", b"0", b"00", b"05", b"5", b"+5", b"-5", b" 5", b"5 ", b"5.0", b"1.5", b".5", b"5.",
    b"1e3", b"1_0", b"\xd9\xa1", b"999999999999999", b"9999999999999999", b"99999999999999999999",
    b"2025-02-28", b"2025-02-29", b"2024-02-29", b"2025-13-01", b"2025-00-10", b"2025-01-00",
    b"0000-01-01", b"0001-01-01", b"9999-12-31", b"2025-1-01", b"2025-01-01Z", b"20250101",
    b"2025/01/01", b"2025-01-01+01:00", b"12025-01-01", b"AB", b"a&amp;b", b"&apos;", b"&eacute;",
    b"  a  b  ", b"a\r\nb", b"\xe2\x82\xac",
)  # fmt: skip
PLACES = st.integers(0, 1_000_000)
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("put"), PLACES, st.sampled_from(ODD_PIECES)),
        st.tuples(st.just("say"), PLACES, st.sampled_from(ODD_VALUES)),
        st.tuples(st.just("drop"), PLACES, st.just(b"")),
        st.tuples(st.just("double"), PLACES, st.just(b"")),
        st.tuples(st.just("swap"), PLACES, st.just(b"")),
        st.tuples(st.just("byte"), PLACES, st.binary(min_size=1, max_size=2)),
    ),
    max_size=3,
)


def changed(plain: bytes, changes: list[tuple[str, int, bytes]]) -> bytes:
    """Learners that were tampered with, between tags, in texts or anywhere."""
    pieces = [piece for piece in TAG.split(plain) if piece]
    for kind, where, piece in changes:
        place = where % len(pieces)
        if kind == "put":
            pieces.insert(place, piece)
        elif kind == "say":
            texts = [at for at, one in enumerate(pieces) if not one.startswith(b"<")]
            if texts:
                pieces[texts[where % len(texts)]] = piece
        elif kind == "drop":
            del pieces[place]
        elif kind == "double":
            pieces.insert(place, pieces[place])
        elif kind == "swap":
            other = (place + 1 + where // len(pieces)) % len(pieces)
            pieces[place], pieces[other] = pieces[other], pieces[place]
        else:
            whole = b"".join(pieces)
            at = where % len(whole)
            pieces = [one for one in TAG.split(whole[:at] + piece + whole[at + 1 :]) if one]
        pieces = pieces or [b" "]
    return b"".join(pieces)


def by_parser(learners: bytes) -> Any:
    """The learners as a parser reads them; fails where it or the loose schema refuses."""
    root = f'<Message xmlns="{NAMESPACE}">'.encode()
    tree = etree.fromstring(root + learners + b"</Message>", parser())
    loose_schema("2025-26", is_part=True).assertValid(tree)
    return tree


def read(element: Any, entity: EntityModel) -> dict[str, Any]:
    """An entity of the parsed tree: its fields, and the entities below it."""
    found: dict[str, Any] = {child.name: [] for child in entity.children}
    for child in element:
        name = etree.QName(child).localname
        if name in found:
            found[name].append(read(child, entity.child(name)))
        else:
            found[name] = (child.text or "").replace("\r", "").strip() or None
    return {name: value for name, value in found.items() if value not in (None, [])}


def of_tables(raw: dict[str, RawTable], entity: EntityModel, row: int) -> dict[str, Any]:
    """The same of the columns."""
    table = raw[entity.name]
    found: dict[str, Any] = {field.name: table.at(field.name, row) for field in entity.fields}
    for child in entity.children:
        rows = (raw[child.name].parent == row).nonzero()[0].tolist()
        found[child.name] = [of_tables(raw, child, one) for one in rows]
    return {name: value for name, value in found.items() if value not in (None, [])}


@settings(max_examples=1500, suppress_health_check=list(HealthCheck), deadline=None)
@given(changes=CHANGES)
def test_what_is_taken_in_without_a_parser_is_what_a_parser_reads(
    changes: list[tuple[str, int, bytes]],
) -> None:
    learners = changed(PLAIN, changes)
    tokens = tokens_of(learners, MODEL)
    if tokens is None:
        return
    try:
        raw = raw_tables(tokens, MODEL, is_valid=False)
    except UnusualValueError:
        return
    tree = by_parser(learners)
    assert raw["Learner"].size == len(tree)
    for place, element in enumerate(tree):
        assert of_tables(raw, MODEL.learner, place) == read(element, MODEL.learner)


def test_learners_in_the_usual_form_need_no_parser() -> None:
    indented = PLAIN.replace(b"><", b">\n  <")
    windows = indented.replace(b"\n", b"\r\n")
    accented = PLAIN.replace(b"Testa", "Testée &amp; Söhne".encode())
    for learners in (
        PLAIN,
        indented,
        windows,
        accented,
        b"\n" + PLAIN + b"\n",
        b"<Learner></Learner>",
    ):
        tokens = tokens_of(learners, MODEL)
        assert tokens is not None
        assert raw_tables(tokens, MODEL, is_valid=False)["Learner"].size in {1, 2}


@pytest.mark.parametrize("field", ["ULN", "LearnStartDate", "STULOAD"])
@pytest.mark.parametrize("value", [" 5", "+5", "05x", "2025-02-30", "", "1e3"])
def test_a_parser_judges_numbers_and_dates_in_another_form(field: str, value: str) -> None:
    whole = xml(MODEL.learner, learner())
    tampered = re.sub(f"<{field}>[^<]*<", f"<{field}>{value}<", whole).encode()
    tokens = tokens_of(tampered, MODEL)
    assert tokens is not None
    with pytest.raises(UnusualValueError):
        raw_tables(tokens, MODEL, is_valid=False)


def test_an_attribute_in_the_namespace_of_the_year_is_refused(tmp_path: Path) -> None:
    odd = f'<Sex xmlns:x="{NAMESPACE}" x:Learner="1">'
    refusals = refused(tmp_path, document(numbered(2)).replace("<Sex>", odd))
    assert {one.rule for one in refusals} == {"Schema"}
    assert "Sex" in {one.field for one in refusals}
