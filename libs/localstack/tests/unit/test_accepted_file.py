"""The part of a partner's file that the demonstration validates."""

import os
import zipfile
from pathlib import Path

import pytest

from matricula_localstack.demo.accepted_file import accepted_part, official_name

HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
FILE = (
    '<i:Message xmlns:i="ESFA/ILR/2025-26"><i:Header>a &amp; b</i:Header>'
    "<i:Learner><i:Name>Zoë</i:Name><i:LearnerFAM>1</i:LearnerFAM></i:Learner>"
    "<i:Learner><i:Name>two</i:Name></i:Learner>"
    "<i:Learner><i:Name>three</i:Name></i:Learner></i:Message>"
)


@pytest.mark.parametrize("kind", ["xml", "zip"])
def test_the_learners_left_out_are_gone_and_the_rest_stands(tmp_path: Path, kind: str) -> None:
    source, target = tmp_path / "source", tmp_path / "target.xml"
    if kind == "zip":
        with zipfile.ZipFile(source, "w") as archive:
            archive.writestr("file.xml", HEAD + FILE)
    else:
        source.write_text(HEAD + FILE, encoding="utf-8")
    accepted_part(source, target, left_out={2})
    expected = FILE.replace("<i:Learner><i:Name>two</i:Name></i:Learner>", "")
    assert target.read_text(encoding="utf-8") == HEAD + expected


def test_an_official_name_is_kept_and_another_replaced(tmp_path: Path) -> None:
    good = tmp_path / "ILR-10000001-2526-20260203-091501-01.zip"
    assert official_name(good, 10_000_002) == "ILR-10000001-2526-20260203-091501-01.xml"
    other = tmp_path / "my learners.xml"
    other.touch()
    os.utime(other, (1_770_000_000, 1_770_000_000))
    assert official_name(other, 10_000_002) == "ILR-10000002-2526-20260202-024000-01.xml"
