"""Pages for people: well-formed, accessible, linked to one another, paged, without names on demand."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from ilr_validator.adapters.reports.html_page import text

from . import synthetic as make
from .conftest import Written

ODD = "<script>alert('x')</script> & \"Zoë\" \u202e\u0633\u0627\u0631\u0629\x0b"


def _pages(folder: Path) -> Iterator[tuple[Path, Any]]:
    for path in (folder / "report.html", *sorted((folder / "report").iterdir())):
        yield path, etree.fromstring(path.read_bytes())


@pytest.fixture
def folder(written: Written) -> Path:
    """Forty learners with two findings each, the file with three; five findings a page."""
    details = make.person(3)._replace(family_name=ODD)
    twice = (("ULN", ODD), ("LearnStartDate", None), ("LearnStartDate", "01/08/2025"))
    found = [
        make.finding(
            learner, rule, severity, aim=aim, parameters=twice, details=details if learner == 3 else None
        )
        for learner in range(40)
        for rule, severity, aim in (("ULN_04", "E", -1), ("Learn Aim/Ref", "W", 2))
    ]  # fmt: skip
    of_the_file = [
        make.finding(-1, "Header_2", parameters=(("Year", number),)) for number in range(8)
    ]
    parts = [make.part(found, size=40, not_run={"LearnAimRef_01": 4}), make.part(of_the_file)]
    paths = written(parts, make.with_facts(findings_a_page=5))
    assert paths.html is not None
    return paths.html.parent


def test_pages_are_well_formed_and_need_nothing_from_elsewhere(folder: Path) -> None:
    pages = list(_pages(folder))
    assert len(pages) > 20
    for path, page in pages:
        raw = path.read_text("utf-8")
        assert raw.startswith("<!DOCTYPE html>")
        assert "<script" not in raw
        assert not page.xpath("//link | //img | //iframe | //@src | //@style | //@onclick")
        assert "url(" not in raw
        assert "@import" not in raw


def test_pages_have_what_assistive_technology_looks_for(folder: Path) -> None:
    for path, page in _pages(folder):
        assert page.get("lang") == "en-GB", path.name
        assert page.xpath("string(head/title)")
        for landmark in ("header", "nav", "main", "footer"):
            assert len(page.xpath(f"//{landmark}")) == 1, (path.name, landmark)
        assert len(page.xpath("//h1")) == 1
        assert page.xpath("//a[@class='skip']/@href") == ["#main"]
        levels = [int(one.tag[1]) for one in page.iter("h1", "h2", "h3", "h4")]
        assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))
        for table in page.iter("table"):
            assert table.xpath("string(caption)")
            assert all(one.get("scope") in {"col", "row"} for one in table.iter("th"))
            assert all(row.find("th") is not None for row in table.iter("tr"))
        for picture in page.iter("{http://www.w3.org/2000/svg}svg"):
            names = picture.get("aria-labelledby", "").split()
            said = [picture.xpath("string(*[@id=$name])", name=name) for name in names]
            assert picture.get("role") == "img"
            assert len(said) == 2
            assert all(said)
        ids = page.xpath("//@id")
        assert len(ids) == len(set(ids)), path.name
        assert set(" ".join(page.xpath("//@aria-labelledby")).split()) <= set(ids)


def test_every_link_leads_to_a_place(folder: Path) -> None:
    places = {path.resolve(): set(page.xpath("//@id")) for path, page in _pages(folder)}
    links = 0
    for path, page in _pages(folder):
        for href in page.xpath("//a/@href"):
            name, _, place = href.partition("#")
            target = (path.parent / name).resolve() if name else path.resolve()
            assert target in places, href
            assert not place or place in places[target], href
            links += 1
    assert links > 500


def test_a_finding_leads_to_its_field_and_back(folder: Path) -> None:
    path = next(iter((folder / "report").glob("rule-*-Learn-Aim-Ref-2.html")))
    page: Any = etree.fromstring(path.read_bytes())
    (row,) = page.xpath("//tr[@id='f6']")
    (field,) = row.xpath(".//li[1]/a")
    assert field.text == "Learner.ULN"
    name, _, place = field.get("href").partition("#")
    assert place == "l6-a2-ULN"
    there: Any = etree.fromstring((path.parent / name).read_bytes())
    (back,) = there.xpath("//*[@id=$place]/ancestor::tr//a/@href", place=place)
    assert back == f"{path.name}#f6"
    assert row.xpath("string(td[2])") == "Aim 3, 60000000"


def test_what_a_file_says_is_shown_and_never_markup(folder: Path) -> None:
    shown = "".join(path.read_text("utf-8") for path in (folder / "report").iterdir())
    assert "<bdi>&lt;script&gt;" in shown
    assert "\x0b" not in shown
    assert text("a\x00\ud800\ufffe\x7fb") == "a" + 4 * "\N{REPLACEMENT CHARACTER}" + "b"


def test_charts_are_drawn_by_rule_and_by_return(folder: Path) -> None:
    page: Any = etree.fromstring((folder / "report.html").read_bytes())
    said = [one.text for one in page.iter("{http://www.w3.org/2000/svg}desc")]
    assert said == ["ULN_04: 40; Header_2: 8", "R09: 40; R10: 12; R11: 48"]


def test_names_can_be_left_out(written: Written) -> None:
    parameters = (("FamilyName", "Testperson0"), ("GivenNames", "Fake"), ("ULN", 1))
    parts = [make.part([make.finding(0, parameters=parameters)], size=1)]
    paths = written(parts, make.with_facts(has_names=False))
    assert paths.html is not None
    pages = [path.read_text("utf-8") for path in paths.html.parent.rglob("*.html")]
    assert not [page for page in pages if "Testperson" in page or "Fake" in page]
    assert sum("(left out)" in page for page in pages) == 2
    assert "Testperson0" in paths.violations.read_text("utf-8")


def test_names_are_shown_as_in_the_csv(written: Written) -> None:
    paths = written([make.part([make.finding(0)], size=1)], make.FACTS)
    pages = paths.violations.parent.joinpath("report").iterdir()
    assert all("Fake Testperson0" in page.read_text("utf-8") for page in pages)


def test_nothing_found(written: Written) -> None:
    paths = written([], make.with_facts(not_implemented=frozenset(), errors_by_return={}))
    assert paths.html is not None
    ((_, page),) = _pages(paths.html.parent)
    said = " ".join(page.itertext())
    assert "No rule was broken." in said
    assert "Every rule was judged for every learner." in said


def test_an_earlier_runs_pages_do_not_stay(written: Written) -> None:
    paths = written([make.part([make.finding(0)], size=1)], make.FACTS)
    written([], make.FACTS)
    assert list(paths.violations.parent.joinpath("report").iterdir()) == []
    assert written([], make.with_facts(has_html=False)).html is None
    assert not (paths.violations.parent / "report.html").exists()


def test_a_refused_file_says_so_first(written: Written) -> None:
    paths = written([make.part([make.finding(-1, "Filename_4", "F")])], make.FACTS)
    assert paths.html is not None
    assert "The file is refused." in paths.html.read_text("utf-8")
