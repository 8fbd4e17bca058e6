"""The spool: what it said it kept is there after kill -9, in order, once, under one id."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from matricula_chassis.ids import SystemIds
from matricula_gateway.adapters.events import spool as spool_module
from matricula_gateway.adapters.events.frames import MAGIC, frame, load_position, segments
from matricula_gateway.adapters.events.reader import ReaderBusy, SpoolReader
from matricula_gateway.adapters.events.spool import Spool, SpoolInUse
from matricula_gateway.application.ports import SpoolRefused

WRITER = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from matricula_chassis.ids import SystemIds
    from matricula_gateway.adapters.events.spool import Spool
    spool = Spool(Path(sys.argv[1]), ids=SystemIds(), max_bytes=1 << 30, segment_bytes=20_000)
    number = int(sys.argv[2])
    while True:
        spool.append(b"record-%d" % number)
        sys.stdout.write(f"{number}\\n")
        sys.stdout.flush()
        number += 1
    """
)


@pytest.fixture
def open_spool(tmp_path: Path) -> Iterator[Any]:
    made: list[Spool] = []

    def make(**changes: Any) -> Spool:
        for one in made:
            one.close()
        made.clear()
        settings: dict[str, Any] = {"max_bytes": 1 << 24, "segment_bytes": 1_000, **changes}
        made.append(Spool(tmp_path / "spool", ids=SystemIds(), **settings))
        return made[-1]

    yield make
    for one in made:
        one.close()


def drain(directory: Path, *, limit: int = 100, acknowledge: bool = True) -> list[bytes]:
    reader = SpoolReader(directory)
    found: list[bytes] = []
    try:
        while (batch := reader.read(limit)) is not None:
            found += batch.payloads
            assert batch.after.number == batch.first + len(batch.payloads)
            if not acknowledge:
                break
            reader.acknowledge(batch)
    finally:
        reader.close()
    return found


def test_records_come_back_in_order_over_many_segments(open_spool: Any, tmp_path: Path) -> None:
    spool = open_spool()
    wanted = [b"record-%d" % number for number in range(500)]
    for payload in wanted:
        spool.append(payload)
    assert len(segments(tmp_path / "spool")) > 5
    assert drain(tmp_path / "spool", limit=7) == wanted
    assert len(segments(tmp_path / "spool")) == 1


def test_a_record_is_there_for_a_reader_the_moment_it_was_kept(
    open_spool: Any, tmp_path: Path
) -> None:
    spool = open_spool()
    for number in range(50):
        spool.append(b"record-%d" % number)
        assert drain(tmp_path / "spool") == [b"record-%d" % number]


def test_what_was_not_acknowledged_is_read_again_with_the_same_number(
    open_spool: Any, tmp_path: Path
) -> None:
    spool = open_spool()
    for number in range(5):
        spool.append(b"record-%d" % number)
    first = SpoolReader(tmp_path / "spool")
    batch = first.read(3)
    first.close()
    second = SpoolReader(tmp_path / "spool")
    again = second.read(3)
    second.close()
    assert batch == again
    assert batch is not None
    assert batch.payloads == (b"record-0", b"record-1", b"record-2")


def test_numbers_go_on_after_a_restart_even_when_everything_was_published(
    open_spool: Any, tmp_path: Path
) -> None:
    for round_number in range(4):
        spool = open_spool()
        spool.append(b"record-%d" % round_number)
        reader = SpoolReader(tmp_path / "spool")
        batch = reader.read(10)
        assert batch is not None
        assert (batch.first, batch.payloads) == (round_number, (b"record-%d" % round_number,))
        reader.acknowledge(batch)
        reader.close()


def test_the_spool_keeps_its_id(open_spool: Any, tmp_path: Path) -> None:
    open_spool().append(b"a")
    first = SpoolReader(tmp_path / "spool")
    before = first.read(1)
    first.close()
    open_spool().append(b"b")
    second = SpoolReader(tmp_path / "spool")
    after = second.read(1)
    second.close()
    assert before is not None
    assert after is not None
    assert before.spool == after.spool


@pytest.mark.parametrize("attempt", range(5))
def test_kill_9_loses_no_record_that_was_kept(tmp_path: Path, attempt: int) -> None:
    directory = tmp_path / "spool"
    kept = 0
    for _ in range(3):
        command = [sys.executable, "-c", WRITER, str(directory), str(kept)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            for line in writer.stdout:
                if int(line) >= kept + 1_500 + 311 * attempt:
                    break
            writer.send_signal(signal.SIGKILL)
            rest = writer.stdout.read().splitlines()
        kept = int((rest or [line])[-1]) + 1
        found = drain(directory, acknowledge=False, limit=1)
        assert found == [b"record-0"]
        whole = all_records(directory)
        assert whole[:kept] == [b"record-%d" % number for number in range(kept)]
        kept = len(whole)  # one more may have been kept than was said
    assert drain(directory) == [b"record-%d" % number for number in range(kept)]


def all_records(directory: Path) -> list[bytes]:
    reader = SpoolReader(directory)
    found: list[bytes] = []
    while (batch := reader.read(1_000)) is not None:
        found += batch.payloads
        reader._position = batch.after
    reader.close()
    return found


def test_a_torn_record_of_a_dead_writer_is_passed_over(open_spool: Any, tmp_path: Path) -> None:
    spool = open_spool()
    spool.append(b"whole")
    spool.close()
    last = segments(tmp_path / "spool")[-1].path
    with last.open("ab") as file:
        file.write(frame(b"torn in the middle")[:-4])
    open_spool().append(b"after")
    reader = SpoolReader(tmp_path / "spool")
    found = []
    while (batch := reader.read(10)) is not None:
        found += [(batch.first, one) for one in batch.payloads]
        reader.acknowledge(batch)
    reader.close()
    assert found == [(0, b"whole"), (1, b"after")]
    assert reader.torn == 1


def test_damage_in_the_middle_is_counted_and_does_not_stop_the_rest(
    open_spool: Any, tmp_path: Path
) -> None:
    spool = open_spool()
    for number in range(3):
        spool.append(b"record-%d" % number)
    spool.close()
    path = segments(tmp_path / "spool")[-1].path
    data = bytearray(path.read_bytes())
    data[len(MAGIC) + 8] ^= 1
    path.write_bytes(data)
    open_spool().append(b"after")
    reader = SpoolReader(tmp_path / "spool")
    batch = reader.read(10)
    reader.close()
    assert batch is not None
    assert batch.payloads == (b"after",)
    assert reader.torn == 1
    assert path.exists()  # the bytes that cannot be read are not written over


def test_a_full_spool_refuses_and_opens_again_when_records_were_published(
    open_spool: Any, tmp_path: Path
) -> None:
    spool = open_spool(max_bytes=200_000, segment_bytes=20_000)
    kept = 0
    while spool.is_open:
        spool.append(b"x" * 1_000)
        kept += 1
    with pytest.raises(SpoolRefused) as refused:  # noqa: PT012 - the last one of many
        for _ in range(100):
            spool.append(b"x" * 1_000)
            kept += 1
    assert refused.value.reason == "spool_full"
    assert sum(one.path.stat().st_size for one in segments(tmp_path / "spool")) <= 200_000
    assert len(drain(tmp_path / "spool")) == kept
    spool._total = spool_module._total_bytes(tmp_path / "spool")
    assert spool.is_open
    spool.append(b"again")
    assert drain(tmp_path / "spool") == [b"again"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_disk_that_is_full_refuses_and_recovers(
    open_spool: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = open_spool()
    spool.append(b"before")
    real = spool._file
    spool._file = os.open("/dev/full", os.O_WRONLY)
    monkeypatch.setattr(os, "ftruncate", lambda *_: None)
    monkeypatch.setattr(os, "lseek", lambda *_: 0)
    with pytest.raises(SpoolRefused) as refused:
        spool.append(b"lost")
    assert refused.value.reason == "spool_full"
    assert not spool.is_open
    with pytest.raises(SpoolRefused):
        spool.append(b"refused")
    monkeypatch.undo()
    os.close(spool._file)
    spool._file = real
    spool._recover()
    assert spool.is_open
    spool.append(b"after")
    assert drain(tmp_path / "spool") == [b"before", b"after"]


def test_one_writer_and_one_reader_a_directory(open_spool: Any, tmp_path: Path) -> None:
    open_spool()
    with pytest.raises(SpoolInUse):
        Spool(tmp_path / "spool", ids=SystemIds(), max_bytes=1 << 24)
    reader = SpoolReader(tmp_path / "spool")
    with pytest.raises(ReaderBusy):
        SpoolReader(tmp_path / "spool")
    reader.close()


def test_a_lost_position_means_publishing_again_not_losing(open_spool: Any, tmp_path: Path) -> None:
    spool = open_spool(segment_bytes=1 << 20)
    for number in range(5):
        spool.append(b"record-%d" % number)
    assert len(drain(tmp_path / "spool")) == 5
    (tmp_path / "spool" / "published.json").write_text("{")
    assert load_position(tmp_path / "spool").number == 0
    assert len(drain(tmp_path / "spool")) == 5
