"""The offline verifier against changed, lost, moved and added events, and broken tiles."""

import os
import random
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from event_log.adapters.files.verify import Result, main
from event_log.domain.merkle import HASH_BYTES
from event_log.domain.notes import SignerKey

SIZE = 700  # two full tiles and a partial one, a partial tile of level 1
WriteExport = Callable[..., Any]
MakeLog = Callable[..., Any]


def flip(data: bytes, at: int, bit: int = 0) -> bytes:
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 700])
def test_an_untouched_export_of_any_size_is_proved(
    size: int, memory_log: MakeLog, write_export: WriteExport, tmp_path: Path
) -> None:
    log = memory_log(size)
    result = write_export(log, tmp_path / "export").verify(pinned=log.key.verifier().text())
    assert result == {
        "ok": True,
        "size": size,
        "root": b64encode(log.tree.root()).decode(),
        "first_bad_index": None,
        "exact": True,
        "problem": None,
        "proved": size,
        "key": log.key.verifier().text(),
        "key_pinned": True,
    }


def test_an_export_as_of_an_earlier_size_is_proved(
    memory_log: MakeLog, write_export: WriteExport, tmp_path: Path
) -> None:
    result = write_export(memory_log(SIZE), tmp_path / "export", 512).verify()
    assert (result["ok"], result["size"], result["key_pinned"]) == (True, 512, False)


POSITIONS = (0, 1, 254, 255, 256, 257, 511, 512, 698, 699)


@pytest.mark.parametrize("index", POSITIONS)
def test_an_altered_event_is_found_at_its_index(export: Any, index: int) -> None:
    lines = export.lines()
    for at in (0, len(lines[index]) // 2, len(lines[index]) - 2, len(lines[index]) - 1):
        changed = list(lines)
        changed[index] = flip(lines[index], at)
        export.write(changed)
        assert export.first_bad() == index


@pytest.mark.parametrize("index", POSITIONS)
def test_a_dropped_event_is_found_at_its_index(export: Any, index: int) -> None:
    lines = export.lines()
    export.write(lines[:index] + lines[index + 1 :])
    assert export.first_bad() == index


@pytest.mark.parametrize("index", POSITIONS)
def test_an_inserted_event_is_found_at_its_index(export: Any, index: int) -> None:
    lines = export.lines()
    export.write([*lines[:index], b'{"id":"new"}\n', *lines[index:]])
    assert export.first_bad() == index


@pytest.mark.parametrize("index", POSITIONS)
def test_a_repeated_event_is_found_where_it_is_repeated(export: Any, index: int) -> None:
    lines = export.lines()
    export.write([*lines[: index + 1], lines[index], *lines[index + 1 :]])
    assert export.first_bad() == index + 1


@pytest.mark.parametrize(("one", "other"), [(0, 699), (0, 1), (255, 256), (511, 600), (698, 699)])
def test_swapped_events_are_found_at_the_first_of_them(export: Any, one: int, other: int) -> None:
    lines = export.lines()
    lines[one], lines[other] = lines[other], lines[one]
    export.write(lines)
    assert export.first_bad() == one


@pytest.mark.parametrize("index", POSITIONS)
def test_a_truncated_file_is_found_where_it_ends(export: Any, index: int) -> None:
    whole = b"".join(export.lines()[: index + 1])
    for cut in (whole[:-1], whole[:-9]):
        (export.folder / "events.jsonl").write_bytes(cut)
        assert export.first_bad() == index


def test_an_emptied_and_a_missing_events_file_are_found_at_the_start(export: Any) -> None:
    (export.folder / "events.jsonl").write_bytes(b"")
    assert export.first_bad() == 0
    (export.folder / "events.jsonl").unlink()
    assert export.first_bad() == 0


def test_anything_appended_is_found_after_the_last_event(export: Any) -> None:
    original = (export.folder / "events.jsonl").read_bytes()
    for extra in (b"\n", b"x", export.lines()[0], b"\r\n"):
        (export.folder / "events.jsonl").write_bytes(original + extra)
        assert export.first_bad() == SIZE


@pytest.mark.parametrize("index", POSITIONS)
def test_an_altered_leaf_tile_is_found_at_the_index_of_the_hash(export: Any, index: int) -> None:
    path = export.leaf_tile(index)
    path.write_bytes(flip(path.read_bytes(), index % 256 * HASH_BYTES + 7, 3))
    assert export.first_bad() == index


def test_an_altered_upper_tile_is_found_at_the_first_event_below_it(export: Any) -> None:
    path = export.folder / "tile/1/000.p/2"
    for entry in (0, 1):
        data = path.read_bytes()
        path.write_bytes(flip(data, entry * HASH_BYTES))
        assert export.first_bad() == entry * 256
        path.write_bytes(data)


@pytest.mark.parametrize("name", ["tile/0/000", "tile/0/001", "tile/0/002.p/188", "tile/1/000.p/2"])
def test_a_missing_short_or_long_tile_is_found(export: Any, name: str) -> None:
    path = export.folder / name
    data = path.read_bytes()
    level, first = int(name[5]), int(name[7:10]) * 256
    path.unlink()
    assert export.first_bad() == first
    path.write_bytes(data + bytes(HASH_BYTES))
    assert export.first_bad() == first
    path.write_bytes(data[:-1])
    last = len(data) // HASH_BYTES - 1
    assert export.first_bad() == first + last * 256**level


def mutate(export: Any, chance: random.Random) -> tuple[str, int]:
    """Change one thing; answer what and the index that must be named."""
    lines = export.lines()
    at, other = chance.randrange(SIZE), chance.randrange(SIZE)
    kind = chance.choice(["byte", "drop", "swap", "insert", "repeat", "move", "truncate", "tile"])
    if kind == "byte":
        line = lines[at]
        place = chance.randrange(len(line))
        lines[at] = (
            line[:place] + bytes([line[place] ^ chance.randrange(1, 256)]) + line[place + 1 :]
        )
    elif kind == "drop":
        del lines[at]
    elif kind == "swap":
        other = (at + 1 + other % (SIZE - 1)) % SIZE
        lines[at], lines[other] = lines[other], lines[at]
        at = min(at, other)
    elif kind == "insert":
        lines.insert(at, lines[at].replace(b'"id":"0', b'"id":"1'))
    elif kind == "repeat":
        lines.insert(at + 1, lines[at])
        at += 1
    elif kind == "move":
        other = (at + 1 + other % (SIZE - 1)) % SIZE
        lines.insert(other, lines.pop(at))
        at = min(at, other)
    elif kind == "truncate":
        whole = b"".join(lines[: at + 1])
        lines = [whole[: len(whole) - chance.randrange(1, len(lines[at]))]]
    else:
        path = export.leaf_tile(at)
        place = at % 256 * HASH_BYTES + chance.randrange(HASH_BYTES)
        path.write_bytes(flip(path.read_bytes(), place, chance.randrange(8)))
    export.write(lines)
    return kind, at


def run_mutations(original: Any, folder: Path, *, count: int, seed: int) -> None:
    export = original.copy(folder / "export")
    chance = random.Random(seed)  # noqa: S311 - repeatable choices, no secret
    events = (export.folder / "events.jsonl").read_bytes()
    tiles = {
        path: path.read_bytes() for path in (export.folder / "tile/0").rglob("*") if path.is_file()
    }
    for number in range(count):
        kind, index = mutate(export, chance)
        assert export.first_bad() == index, (seed, number, kind)
        (export.folder / "events.jsonl").write_bytes(events)
        if kind == "tile":
            for path, data in tiles.items():
                path.write_bytes(data)
    assert export.verify()["ok"] is True


def test_random_mutations_are_all_found_at_the_right_index(original: Any, tmp_path: Path) -> None:
    run_mutations(original, tmp_path, count=500, seed=20261122)


@pytest.mark.chaos
@pytest.mark.timeout(1800)
def test_ten_thousand_random_mutations_are_all_found(original: Any, tmp_path: Path) -> None:
    run_mutations(original, tmp_path, count=10_000, seed=random.SystemRandom().randrange(2**32))


def run_exported(export: Any, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the verifier that travels with the export, isolated from this project."""
    return subprocess.run(
        [sys.executable, "-I", "verify.py", ".", *arguments],
        cwd=export.folder,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_exported_verifier_runs_alone_and_sets_its_exit_code(
    export: Any, run_json: Callable[[str], Result], signer: SignerKey
) -> None:
    good = run_exported(export, "--key", signer.verifier().text())
    assert (good.returncode, good.stderr) == (0, "")
    assert run_json(good.stdout)["ok"] is True
    lines = export.lines()
    export.write(lines[:5] + lines[6:])
    bad = run_exported(export)
    assert (bad.returncode, bad.stderr) == (1, "")
    assert run_json(bad.stdout)["first_bad_index"] == 5


def test_the_verifier_needs_nothing_but_the_standard_library_and_cryptography(
    export: Any,
) -> None:
    probe = (
        "import sys; before = set(sys.modules); import verify\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(new - set(sys.stdlib_module_names) - {'verify'}))"
    )
    found = subprocess.run(
        [sys.executable, "-c", probe], cwd=export.folder, capture_output=True, text=True, check=True
    )
    assert set(found.stdout.strip("[]\n").replace("'", "").split(", ")) <= {
        "cryptography",
        "_cffi_backend",
        "_openssl",
        "typing_extensions",
    }
    assert len((export.folder / "verify.py").read_text().splitlines()) <= 300


def test_the_installed_command_verifies_without_loading_the_chassis(
    export: Any, run_json: Callable[[str], Result], signer: SignerKey
) -> None:
    program = (
        "import sys\n"
        "from event_log.__main__ import app\n"
        "try:\n    app(sys.argv[1:])\n"
        "except SystemExit as end:\n    code = end.code\n"
        "heavy = {'matricula_chassis', 'fastapi', 'sqlalchemy', 'aiokafka'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else code)"
    )
    key = signer.verifier().text()
    command = [sys.executable, "-c", program, "verify", str(export.folder), "--key", key]
    good = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (good.returncode, good.stderr) == (0, "")
    assert run_json(good.stdout)["key_pinned"] is True
    export.write(export.lines()[:-1])
    bad = subprocess.run(command, capture_output=True, text=True, check=False)
    assert bad.returncode == 1
    assert run_json(bad.stdout)["first_bad_index"] == SIZE - 1


def test_a_folder_that_is_no_export_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], run_json: Callable[[str], Result]
) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        assert main([str(folder)]) == 2
        assert run_json(capsys.readouterr().out)["ok"] is False


def test_a_very_long_line_is_not_read_into_memory(export: Any) -> None:
    lines = export.lines()
    lines[3] = b"x" * (1 << 25) + b"\n"
    export.write(lines)
    assert export.first_bad() == 3
