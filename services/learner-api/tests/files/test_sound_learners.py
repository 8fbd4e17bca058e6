"""The quick way to read a sound learner gives what taking it apart by element gives."""

import random
import re
from collections.abc import Callable
from typing import Any

import pytest

from learner_api.adapters.files import xml_reader
from learner_api.adapters.files.xml_sound import read_sound
from learner_api.domain.record import ParsedRecord

ELEMENT = re.compile(r"<(\w+)>([^<]*)</\1>")
Edit = Callable[[str, random.Random], str]


def _some(text: str, chance: random.Random) -> re.Match[str]:
    return chance.choice(list(ELEMENT.finditer(text)))


def _replaced(by: str) -> Edit:
    def edit(text: str, chance: random.Random) -> str:
        one = _some(text, chance)
        new = by.format(name=one[1], value=one[2])
        return text[: one.start()] + new + text[one.end() :]

    return edit


EDITS: dict[str, Edit] = {
    "as it is": lambda text, _: text,
    "missing": _replaced(""),
    "empty": _replaced("<{name}/>"),
    "emptied": _replaced("<{name}></{name}>"),
    "blank": _replaced("<{name}> </{name}>"),
    "wrong value": _replaced("<{name}>Zero 0</{name}>"),
    "padded": _replaced("<{name}> {value}\n</{name}>"),
    "repeated": _replaced("<{name}>{value}</{name}><{name}>{value}</{name}>"),
    "unknown": _replaced("<{name}>{value}</{name}><Else>1</Else>"),
    "misplaced": _replaced("<{name}>{value}</{name}><ULN>1000000019</ULN>"),
    "attribute": _replaced('<{name} a="1">{value}</{name}>'),
    "attribute of Learner": lambda text, _: text.replace("<Learner>", '<Learner a="1">'),
    "stray text": _replaced("<{name}>{value}</{name}>stray"),
    "text at first": lambda text, _: text.replace("<Learner>", "<Learner>stray"),
    "spaces": _replaced("\n  <{name}>{value}</{name}>\n\t"),
    "nested": _replaced("<{name}>{value}<{name}>1</{name}></{name}>"),
    "reference": _replaced("<{name}>{value}&amp;</{name}>"),
    "character": _replaced("<{name}>&#48;{value}</{name}>"),
    "return": _replaced("<{name}>{value}&#13;</{name}>"),
    "comment": _replaced("<{name}><!-- c -->{value}</{name}><!-- d -->"),
    "data": _replaced("<{name}><![CDATA[{value}]]></{name}>"),
    "other namespace": _replaced('<{name} xmlns="other">{value}</{name}>'),
    "prefix": _replaced('<i:{name} xmlns:i="ESFA/ILR/2025-26">{value}</i:{name}>'),
    "no namespace": _replaced('<{name} xmlns="">{value}</{name}>'),
    "empty child": lambda text, _: text.replace(
        "<LearningDelivery>", "<LearnerFAM></LearnerFAM><LearningDelivery>", 1
    ),
    "too many": lambda text, _: text.replace(
        "<LearningDelivery>",
        "<LearnerFAM><LearnFAMType>LDA</LearnFAMType></LearnerFAM>" * 3 + "<LearningDelivery>",
        1,
    ),
    "too many aims": lambda text, _: re.sub(
        r"<LearningDelivery>.*?</LearningDelivery>",
        lambda one: one[0] * 99,
        text,
        count=1,
        flags=re.DOTALL,
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_it_reads_or_leaves_what_taking_apart_would_give(
    ilr: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(name)  # noqa: S311 - the same edits in every run
    texts = [
        EDITS[name](ilr.learner_xml(ilr.learner(number)), chance)
        for number in range(40)
        for _ in range(2)
    ]
    content = ilr.xml("\n".join(texts))
    quick = ilr.read(content)
    monkeypatch.setattr(xml_reader, "read_sound", lambda _learner: None)
    assert _shown(quick) == _shown(ilr.read(content))


def test_learners_of_every_kind_are_read_the_quick_way(
    ilr: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = 0

    def counted(learner: Any) -> dict[str, Any] | None:
        nonlocal left
        data = read_sound(learner)
        left += data is None
        return data

    monkeypatch.setattr(xml_reader, "read_sound", counted)
    assert len(ilr.read(ilr.xml("".join(map(ilr.learner_xml, ilr.learners(200)))))) == 200
    assert left == 0


def _shown(records: list[ParsedRecord]) -> list[str]:
    """Show the records with the order of their fields, which comparing dicts would not see."""
    return [repr(record) for record in records]
