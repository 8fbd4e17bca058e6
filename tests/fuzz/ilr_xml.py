"""`python -m tests.fuzz.ilr_xml [SECONDS]`: bytes as ILR files, led by the coverage of the code.

Needs atheris, not in the lock: its wheel of 35 MB exists for few Pythons only. What is neither a
refusal nor a result ends the run and is left as `crash-…`. Last run: atheris 3.0.0, 17,289 inputs
in 200 s without one; the run before met a prefix nobody declared, now in `bad_files`.
"""

import random
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

try:
    import atheris  # type: ignore[import-untyped]
except ImportError:
    sys.exit("atheris is not installed: pip install atheris")

with atheris.instrument_imports(include=["ilr_validator.adapters.files", "ilr_validator.packs"]):
    from ilr_validator.adapters.files.container import unpacked
    from ilr_validator.adapters.files.refusals import FileRefusedError, UnreadableFileError
    from ilr_validator.adapters.files.sources import PlainSource, PlainWorkspace
    from ilr_validator.adapters.files.valid_file import write_valid_file
    from ilr_validator.adapters.files.validation import Order, prepared
from ilr_validator.packs.pack import load
from matricula_testkit.ilr.sample import write_sample

LEARNERS: Final = 3
SECONDS: Final = 60
NAME: Final = "ILR-10000001-2526-20260203-091500-01.xml"
PIECES: Final = (
    b"<", b">", b"</", b"/>", b"&", b"&amp;", b"&#13;", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?x",
    b"?>", b"<!DOCTYPE Message>", b"<Learner>", b"</Learner>", b"<Learner/>", b"</Message>", b"\0",
    b' xmlns="urn:x"', b' xmlns:x="ESFA/ILR/2025-26"', b"x:", b"\xff\xfe", b"\xef\xbb\xbf", b"2025-02-30",
)  # fmt: skip


def seed(folder: Path) -> bytes:
    """Write a small sound file."""
    return write_sample(folder, learners=LEARNERS, seed=1).paths[0].read_bytes()


def check(content: bytes, folder: Path) -> None:
    """Take bytes through all stages before the rules, and write the valid file."""
    path = folder / NAME
    path.write_bytes(content)
    with TemporaryDirectory(dir=folder) as work:
        space = PlainWorkspace(Path(work))
        order = Order(
            path=path, out=folder, now=datetime(2026, 3, 1, tzinfo=UTC), application_version="0"
        )
        try:
            source, _ = unpacked(PlainSource(path), NAME, space)
            checker = prepared(order, source, space, load("2025-26"))
            sizes = [
                checker.raw(first, behind)["Learner"].size for first, behind in checker.file.parts()
            ]
        except (FileRefusedError, UnreadableFileError):
            return
        assert sum(sizes) == checker.file.size
        with space.create("valid.xml") as out:
            write_valid_file(checker.file, np.zeros(checker.file.size, bool), out)


def mutated(data: bytes, largest: int, number: int) -> bytes:
    """Put pieces of XML in, or do what libFuzzer does."""
    chance = random.Random(number)  # noqa: S311 - repeatable
    if chance.random() < 0.5:
        content: bytes = atheris.Mutate(data, largest)
        return content
    at = chance.randrange(len(data) + 1)
    end = at + chance.choice((0, 0, 1, 20))
    return (data[:at] + chance.choice(PIECES) + data[end:])[:largest]


def main() -> None:
    """Fuzz for so many seconds."""
    seconds = sys.argv[1] if len(sys.argv) > 1 else str(SECONDS)
    with TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        (corpus / "sound").write_bytes(seed(Path(folder) / "sample"))
        work = Path(folder) / "work"
        work.mkdir()

        def one_input(data: bytes) -> None:
            check(data, work)

        arguments: list[Any] = [
            sys.argv[0],
            f"-max_total_time={seconds}",
            "-max_len=16384",
            str(corpus),
        ]
        atheris.Setup(arguments, one_input, custom_mutator=mutated)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
