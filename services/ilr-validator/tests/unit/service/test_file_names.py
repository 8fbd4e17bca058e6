"""The name of a sent file: official names and odd ones, and what no file should be called."""

import pytest

from ilr_validator.adapters.http.file_name import file_name_of
from matricula_chassis.errors import Invalid


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (
            'attachment; filename="ILR-10000001-2526-20260203-091500-01.xml"',
            "ILR-10000001-2526-20260203-091500-01.xml",
        ),
        ("attachment; filename=a.zip", "a.zip"),
        ("attachment; filename*=UTF-8''gr%C3%BC%C3%9Fe.xml", "grüße.xml"),
    ],
)
def test_a_name_is_found(header: str, name: str) -> None:
    assert file_name_of(header) == name


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "attachment",
        'attachment; filename=""',
        'attachment; filename="../a.xml"',
        'attachment; filename="a\\\\b.xml"',
        'attachment; filename=".hidden"',
        f'attachment; filename="{"a" * 200}.xml"',
        "attachment; filename*=UTF-8''a%00.xml",
    ],
)
def test_without_a_usable_name_a_file_is_refused(header: str | None) -> None:
    with pytest.raises(Invalid) as refused:
        file_name_of(header)
    assert refused.value.problem == "file-name-missing"
