"""The offline verifier against every way to tamper with an export that we could think of."""

import os
import random
import shutil
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from event_log.adapters.files.verify import Result, main, verify
from event_log.domain.merkle import HASH_BYTES, GrowingTree, leaf_hash
from event_log.domain.notes import SignerKey
from event_log.domain.tile_paths import tile_path

SIZE = 700  # two full tiles and a partial one, a partial tile of level 1
WriteExport = Callable[..., Path]
MakeLog = Callable[..., Any]


@pytest.fixture(scope="module")
def original(
    memory_log: MakeLog, write_export: WriteExport, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    return write_export(memory_log(SIZE), tmp_path_factory.mktemp("log") / "export")


@pytest.fixture
def export(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "export"))


def lines_of(export: Path) -> list[bytes]:
    return (export / "events.jsonl").read_bytes().splitlines(keepends=True)


def write_lines(export: Path, lines: list[bytes]) -> None:
    (export / "events.jsonl").write_bytes(b"".join(lines))


def first_bad(export: Path, **options: object) -> object:
    result = verify(export, **options)  # type: ignore[arg-type]
    assert result["ok"] is False
    assert result["problem"]
    return result["first_bad_index"]


def flip(data: bytes, at: int, bit: int = 0) -> bytes:
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 700])
def test_an_untouched_export_of_any_size_is_proved(
    size: int, memory_log: MakeLog, write_export: WriteExport, tmp_path: Path
) -> None:
    log = memory_log(size)
    result = verify(write_export(log, tmp_path / "export"), log.key.verifier().text())
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
    result = verify(write_export(memory_log(SIZE), tmp_path / "export", 512))
    assert (result["ok"], result["size"], result["key_pinned"]) == (True, 512, False)


POSITIONS = (0, 1, 254, 255, 256, 257, 511, 512, 698, 699)


@pytest.mark.parametrize("index", POSITIONS)
def test_an_altered_event_is_found_at_its_index(export: Path, index: int) -> None:
    lines = lines_of(export)
    for at in (0, len(lines[index]) // 2, len(lines[index]) - 2, len(lines[index]) - 1):
        changed = list(lines)
        changed[index] = flip(lines[index], at)
        write_lines(export, changed)
        assert first_bad(export) == index


@pytest.mark.parametrize("index", POSITIONS)
def test_a_dropped_event_is_found_at_its_index(export: Path, index: int) -> None:
    lines = lines_of(export)
    write_lines(export, lines[:index] + lines[index + 1 :])
    assert first_bad(export) == index


@pytest.mark.parametrize("index", POSITIONS)
def test_an_inserted_event_is_found_at_its_index(export: Path, index: int) -> None:
    lines = lines_of(export)
    write_lines(export, [*lines[:index], b'{"id":"new"}\n', *lines[index:]])
    assert first_bad(export) == index


@pytest.mark.parametrize("index", POSITIONS)
def test_a_repeated_event_is_found_where_it_is_repeated(export: Path, index: int) -> None:
    lines = lines_of(export)
    write_lines(export, [*lines[: index + 1], lines[index], *lines[index + 1 :]])
    assert first_bad(export) == index + 1


@pytest.mark.parametrize(("one", "other"), [(0, 699), (0, 1), (255, 256), (511, 600), (698, 699)])
def test_swapped_events_are_found_at_the_first_of_them(export: Path, one: int, other: int) -> None:
    lines = lines_of(export)
    lines[one], lines[other] = lines[other], lines[one]
    write_lines(export, lines)
    assert first_bad(export) == one


@pytest.mark.parametrize("index", POSITIONS)
def test_a_truncated_file_is_found_where_it_ends(export: Path, index: int) -> None:
    whole = b"".join(lines_of(export)[: index + 1])
    for cut in (whole[:-1], whole[:-9]):
        (export / "events.jsonl").write_bytes(cut)
        assert first_bad(export) == index


def test_an_emptied_and_a_missing_events_file_are_found_at_the_start(export: Path) -> None:
    (export / "events.jsonl").write_bytes(b"")
    assert first_bad(export) == 0
    (export / "events.jsonl").unlink()
    assert first_bad(export) == 0


def test_anything_appended_is_found_after_the_last_event(export: Path) -> None:
    original = (export / "events.jsonl").read_bytes()
    for extra in (b"\n", b"x", lines_of(export)[0], b"\r\n"):
        (export / "events.jsonl").write_bytes(original + extra)
        assert first_bad(export) == SIZE


@pytest.mark.parametrize("index", POSITIONS)
def test_an_altered_leaf_tile_is_found_at_the_index_of_the_hash(export: Path, index: int) -> None:
    path = leaf_tile(export, index)
    path.write_bytes(flip(path.read_bytes(), index % 256 * HASH_BYTES + 7, 3))
    assert first_bad(export) == index


def leaf_tile(export: Path, index: int) -> Path:
    folder = export / "tile/0"
    name = f"{index // 256:03d}"
    full = folder / name
    return full if full.is_file() else next((folder / f"{name}.p").iterdir())


def test_an_altered_upper_tile_is_found_at_the_first_event_below_it(export: Path) -> None:
    path = export / "tile/1/000.p/2"
    for entry in (0, 1):
        data = path.read_bytes()
        path.write_bytes(flip(data, entry * HASH_BYTES))
        assert first_bad(export) == entry * 256
        path.write_bytes(data)


@pytest.mark.parametrize("name", ["tile/0/000", "tile/0/001", "tile/0/002.p/188", "tile/1/000.p/2"])
def test_a_missing_short_or_long_tile_is_found(export: Path, name: str) -> None:
    path = export / name
    data = path.read_bytes()
    level, first = int(name[5]), int(name[7:10]) * 256
    path.unlink()
    assert first_bad(export) == first
    path.write_bytes(data + bytes(HASH_BYTES))
    assert first_bad(export) == first
    path.write_bytes(data[:-1])
    last = len(data) // HASH_BYTES - 1
    assert first_bad(export) == first + last * 256**level


def forge(export: Path, lines: list[bytes]) -> None:
    """Write these events and every tile of the tree over them, as a thorough forger would."""
    write_lines(export, lines)
    tree = GrowingTree()
    for line in lines:
        tree.append(leaf_hash(line.removesuffix(b"\n")))
    shutil.rmtree(export / "tile")
    for tile_id, tile in tree.take_tiles().items():
        path = export / tile_path(tile_id, len(tile) // HASH_BYTES)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tile)


@pytest.mark.parametrize("index", POSITIONS)
def test_with_all_tiles_rewritten_the_signed_block_still_gives_the_forgery_away(
    export: Path, index: int
) -> None:
    lines = lines_of(export)
    lines[index] = lines[index].replace(b'"count":', b'"count":1')
    forge(export, lines)
    result = verify(export)
    assert result["ok"] is False
    assert result["exact"] is False
    assert result["first_bad_index"] == result["proved"] == index // 256 * 256


@pytest.mark.parametrize("index", POSITIONS)
def test_with_all_tiles_rewritten_an_impossible_line_is_still_named(
    export: Path, index: int
) -> None:
    lines = lines_of(export)
    lines[index] = lines[index].replace(b'"data":', b'"data" :')
    forge(export, lines)
    assert first_bad(export) == index


def test_with_all_tiles_rewritten_a_missing_end_is_named(export: Path) -> None:
    forge(export, lines_of(export)[:600])
    assert first_bad(export) == 600


def test_every_altered_byte_of_the_checkpoint_is_found(export: Path) -> None:
    path = export / "checkpoint"
    data = path.read_bytes()
    for at in range(len(data)):
        for bit in (0, 3, 6):
            path.write_bytes(flip(data, at, bit))
            assert first_bad(export) == 512, (at, bit)
    for other in (b"", data[:-1], data + b"\n", data.replace(b"\n", b"\r\n")):
        path.write_bytes(other)
        assert first_bad(export) == 512
    path.unlink()
    assert first_bad(export) == 512


def test_every_altered_byte_of_the_earlier_checkpoints_is_found(export: Path) -> None:
    path = export / "checkpoints"
    data = path.read_bytes()
    for at in range(0, len(data), 3):
        path.write_bytes(flip(data, at, 1))
        assert first_bad(export) in {0, 256}, at


def test_every_altered_byte_of_the_key_file_is_found(export: Path) -> None:
    path = export / "log.vkey"
    data = path.read_bytes()
    for at in range(len(data)):
        path.write_bytes(flip(data, at, 2))
        assert first_bad(export) == 0, at


def test_an_older_checkpoint_put_back_is_found(
    export: Path, memory_log: MakeLog, write_export: WriteExport, tmp_path: Path
) -> None:
    older = write_export(memory_log(SIZE), tmp_path / "older", 256)
    shutil.copy(older / "checkpoint", export / "checkpoint")
    assert first_bad(export) == 256


def test_another_log_of_the_same_name_is_found_through_the_pinned_key(
    memory_log: MakeLog, write_export: WriteExport, tmp_path: Path, signer: SignerKey
) -> None:
    foreign = write_export(memory_log(SIZE, SignerKey.generate(signer.name)), tmp_path / "export")
    assert verify(foreign)["ok"] is True
    assert verify(foreign)["key_pinned"] is False
    assert first_bad(foreign, pinned=signer.verifier().text()) == 0


def test_a_foreign_key_file_is_found(export: Path, signer: SignerKey) -> None:
    foreign = SignerKey.generate(signer.name).verifier().text()
    (export / "log.vkey").write_text(f"{foreign}\n")
    assert first_bad(export) == 0
    assert verify(export, signer.verifier().text())["ok"] is True


def test_a_log_signed_again_with_the_stolen_key_is_found_by_a_kept_checkpoint(
    export: Path, memory_log: MakeLog, write_export: WriteExport, tmp_path: Path
) -> None:
    kept = (export / "checkpoint").read_text()
    log = memory_log(SIZE)
    forged = type(log)([*log.entries[:300], b'{"id":"forged"}', *log.entries[301:]], log.key)
    folder = write_export(forged, tmp_path / "forged")
    assert verify(folder)["ok"] is True, "without a witness nothing shows it"
    assert first_bad(folder, kept=[kept]) == 0
    older = log.notes[512]
    assert verify(folder, kept=[log.notes[256]])["ok"] is True
    assert first_bad(folder, kept=[older]) == 0


def test_a_log_cut_back_to_an_earlier_size_is_found_by_a_kept_checkpoint(
    memory_log: MakeLog, write_export: WriteExport, tmp_path: Path
) -> None:
    log = memory_log(SIZE)
    folder = write_export(log, tmp_path / "export", 512)
    assert verify(folder)["ok"] is True
    assert first_bad(folder, kept=[log.notes[SIZE]]) == 512


def mutate(export: Path, chance: random.Random) -> tuple[str, int]:
    """Change one thing; answer what and the index that must be named."""
    lines = lines_of(export)
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
        path = leaf_tile(export, at)
        place = at % 256 * HASH_BYTES + chance.randrange(HASH_BYTES)
        path.write_bytes(flip(path.read_bytes(), place, chance.randrange(8)))
    write_lines(export, lines)
    return kind, at


def run_mutations(original: Path, folder: Path, *, count: int, seed: int) -> None:
    export = Path(shutil.copytree(original, folder / "export"))
    chance = random.Random(seed)  # noqa: S311 - repeatable choices, no secret
    events = (export / "events.jsonl").read_bytes()
    tiles = {path: path.read_bytes() for path in (export / "tile/0").rglob("*") if path.is_file()}
    for number in range(count):
        kind, index = mutate(export, chance)
        assert first_bad(export) == index, (seed, number, kind)
        (export / "events.jsonl").write_bytes(events)
        if kind == "tile":
            for path, data in tiles.items():
                path.write_bytes(data)
    assert verify(export)["ok"] is True


def test_random_mutations_are_all_found_at_the_right_index(original: Path, tmp_path: Path) -> None:
    run_mutations(original, tmp_path, count=500, seed=20261122)


@pytest.mark.chaos
@pytest.mark.timeout(1800)
def test_ten_thousand_random_mutations_are_all_found(original: Path, tmp_path: Path) -> None:
    run_mutations(original, tmp_path, count=10_000, seed=random.SystemRandom().randrange(2**32))


def run_exported(export: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the verifier that travels with the export, isolated from this project."""
    return subprocess.run(
        [sys.executable, "-I", "verify.py", ".", *arguments],
        cwd=export,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_exported_verifier_runs_alone_and_sets_its_exit_code(
    export: Path, run_json: Callable[[str], Result], signer: SignerKey
) -> None:
    good = run_exported(export, "--key", signer.verifier().text())
    assert (good.returncode, good.stderr) == (0, "")
    assert run_json(good.stdout)["ok"] is True
    lines = lines_of(export)
    write_lines(export, lines[:5] + lines[6:])
    bad = run_exported(export)
    assert (bad.returncode, bad.stderr) == (1, "")
    assert run_json(bad.stdout)["first_bad_index"] == 5


def test_the_verifier_needs_nothing_but_the_standard_library_and_cryptography(
    export: Path,
) -> None:
    probe = (
        "import sys; before = set(sys.modules); import verify\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(new - set(sys.stdlib_module_names) - {'verify'}))"
    )
    found = subprocess.run(
        [sys.executable, "-c", probe], cwd=export, capture_output=True, text=True, check=True
    )
    assert set(found.stdout.strip("[]\n").replace("'", "").split(", ")) <= {
        "cryptography",
        "_cffi_backend",
        "_openssl",
        "typing_extensions",
    }
    assert len((export / "verify.py").read_text().splitlines()) <= 300


def test_a_folder_that_is_no_export_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], run_json: Callable[[str], Result]
) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        assert main([str(folder)]) == 2
        assert run_json(capsys.readouterr().out)["ok"] is False


def test_a_very_long_line_is_not_read_into_memory(export: Path) -> None:
    lines = lines_of(export)
    lines[3] = b"x" * (1 << 25) + b"\n"
    write_lines(export, lines)
    assert first_bad(export) == 3


def test_signatures_in_a_second_base64_spelling_are_refused(export: Path) -> None:
    path = export / "checkpoint"
    head, _, signature = path.read_text().rstrip("\n").rpartition(" ")
    last = signature[-2]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = signature[:-2] + alphabet[alphabet.index(last) ^ 1] + "="
    assert b64decode(other) == b64decode(signature)
    path.write_text(f"{head} {other}\n")
    assert first_bad(export) == 512
