"""Whatever is done to a file, it is refused or checked: nothing else ever comes out of it."""

import random
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ilr_validator.adapters.files import ilr_file
from ilr_validator.adapters.files.refusals import FileRefusedError, UnreadableFileError
from ilr_validator.application.check import Check
from ilr_validator.packs.pack import load

from . import made

PIECES = (
    "<", ">", "</", "/>", "&", "&amp;", "&#13;", "&#0;", "&x;", "<!--", "-->", "<![CDATA[", "]]>",
    "<?x", "?>", "<!DOCTYPE Message>", "<Learner>", "</Learner>", "<Learner/>", "<Learner ", "\0",
    "</Message>", "<Message>", f'<Message xmlns="{made.NAMESPACE}">', "<x:Learner>", "<ULN/>",
    "<LearningDelivery>", "</LearningDelivery>", "\ufeff", "\u00b2", "\u0661", '"', "'", "\r\n", " ",
    "-1", "99999999999999999999", "1e9", "2025-02-30", "0001-01-01", "9999-12-31", "12025-01-01",
    ' xmlns="urn:x"', ' xmlns:x="ESFA/ILR/2025-26"', ' a="b"', "x:", "\ud83d\ude00",
)  # fmt: skip
SEED = made.document(made.numbered(3))
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "iso-8859-1", "utf-7")
RULES = dict(sorted(load("2025-26").rules.items())[::12])


def mutated(chance: random.Random) -> bytes:
    """Put in, take out, repeat and swap pieces of the file, mostly at the edges of tags."""
    text = SEED
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        edges = [place for place, sign in enumerate(text) if sign in "<>"] or [0]
        at = chance.choice(edges) + chance.choice((0, 0, 1, 3))
        end = chance.choice([at, at, at + 1, chance.choice(edges), min(at + 40, len(text))])
        at, end = min(at, end), max(at, end)
        kind = chance.randrange(5)
        if kind == 0:
            text = text[:at] + chance.choice(PIECES) + text[at:]
        elif kind == 1:
            text = text[:at] + text[end:]
        elif kind == 2:
            text = text[:end] + text[at:end] + text[end:]
        elif kind == 3:
            text = text[:at] + chance.choice(PIECES) + text[end:]
        else:
            text = text[:at]
    content = text.encode(chance.choice(ENCODINGS[:1] * 6 + ENCODINGS), "replace")
    if chance.random() < 0.2:
        place = chance.randrange(len(content) + 1)
        content = content[:place] + chance.randbytes(2) + content[place + 1 :]
    return content


def check(content: bytes) -> str:
    """Take a file through all stages but the reports; say how it went."""
    with TemporaryDirectory() as folder:
        try:
            one = made.checker(Path(folder), content)
            size = 0
            for first, behind in one.file.parts():
                size += one.check_range(first, behind).size
            assert size == one.file.size
            made.written_valid(one, [False] * size)
        except FileRefusedError as error:
            return "refused" if error.refusals else "refused for nothing"
        except UnreadableFileError:
            return "unreadable"
    return "checked"


@pytest.fixture(autouse=True, name="_small")
def _small_(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part for each learner, and one rule in twelve: it is the reading that is tried here."""
    few = list(RULES.values())
    monkeypatch.setattr(ilr_file, "MOST_LEARNERS", 1)
    monkeypatch.setattr(Check, "learner_rules", lambda _: few)


@given(seed=st.integers(0, 2**48))
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
def test_a_mutated_file_is_refused_or_checked(seed: int) -> None:
    assert check(mutated(random.Random(seed))) != "refused for nothing"  # noqa: S311 - repeatable test data


@given(content=st.binary(max_size=300))
@settings(max_examples=50, suppress_health_check=list(HealthCheck))
def test_bytes_are_refused(content: bytes) -> None:
    assert check(content) in {"refused", "unreadable"}


@given(
    field=st.sampled_from(
        [
            (entity.name, field.name)
            for entity, _ in made.MODEL.learner.walk()
            for field in entity.fields
        ]
    ),
    value=st.text(max_size=20)
    | st.integers().map(str)
    | st.decimals().map(str)
    | st.dates().map(str)
    | st.datetimes().map(str),
)
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
def test_a_value_is_refused_or_judged(field: Any, value: str) -> None:
    entity, name = field
    value = "".join(sign for sign in value if sign.isprintable() or sign in "\r\n\t")
    tree = made.changed(made.numbered(1)[0], entity, **{name: value.lstrip("<")})
    check(made.document([tree]).encode("utf-8", "replace"))
