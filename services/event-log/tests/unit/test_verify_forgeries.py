"""The offline verifier against forged tiles, checkpoints and keys."""

import shutil
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from event_log.domain.merkle import HASH_BYTES, GrowingTree, leaf_hash
from event_log.domain.notes import SignerKey
from event_log.domain.tile_paths import tile_path

SIZE = 700  # two full tiles and a partial one, a partial tile of level 1
WriteExport = Callable[..., Any]
MakeLog = Callable[..., Any]


def flip(data: bytes, at: int, bit: int = 0) -> bytes:
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


POSITIONS = (0, 1, 254, 255, 256, 257, 511, 512, 698, 699)


def forge(export: Any, lines: list[bytes]) -> None:
    """Write these events and every tile of the tree over them, as a thorough forger would."""
    export.write(lines)
    tree = GrowingTree()
    for line in lines:
        tree.append(leaf_hash(line.removesuffix(b"\n")))
    shutil.rmtree(export.folder / "tile")
    for tile_id, tile in tree.take_tiles().items():
        path = export.folder / tile_path(tile_id, len(tile) // HASH_BYTES)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tile)


@pytest.mark.parametrize("index", POSITIONS)
def test_with_all_tiles_rewritten_the_signed_block_still_gives_the_forgery_away(
    export: Any, index: int
) -> None:
    lines = export.lines()
    lines[index] = lines[index].replace(b'"count":', b'"count":1')
    forge(export, lines)
    result = export.verify()
    assert result["ok"] is False
    assert result["exact"] is False
    assert result["first_bad_index"] == result["proved"] == index // 256 * 256


@pytest.mark.parametrize("index", POSITIONS)
def test_with_all_tiles_rewritten_an_impossible_line_is_still_named(
    export: Any, index: int
) -> None:
    lines = export.lines()
    lines[index] = lines[index].replace(b'"data":', b'"data" :')
    forge(export, lines)
    assert export.first_bad() == index


def test_with_all_tiles_rewritten_a_missing_end_is_named(export: Any) -> None:
    forge(export, export.lines()[:600])
    assert export.first_bad() == 600


def test_every_altered_byte_of_the_checkpoint_is_found(export: Any) -> None:
    path = export.folder / "checkpoint"
    data = path.read_bytes()
    for at in range(len(data)):
        for bit in (0, 3, 6):
            path.write_bytes(flip(data, at, bit))
            assert export.first_bad() == 512, (at, bit)
    for other in (b"", data[:-1], data + b"\n", data.replace(b"\n", b"\r\n")):
        path.write_bytes(other)
        assert export.first_bad() == 512
    path.unlink()
    assert export.first_bad() == 512


def test_every_altered_byte_of_the_earlier_checkpoints_is_found(export: Any) -> None:
    path = export.folder / "checkpoints"
    data = path.read_bytes()
    for at in range(0, len(data), 3):
        path.write_bytes(flip(data, at, 1))
        assert export.first_bad() in {0, 256}, at


def test_every_altered_byte_of_the_key_file_is_found(export: Any) -> None:
    path = export.folder / "log.vkey"
    data = path.read_bytes()
    for at in range(len(data)):
        path.write_bytes(flip(data, at, 2))
        assert export.first_bad() == 0, at


def test_an_older_checkpoint_put_back_is_found(
    export: Any, memory_log: MakeLog, write_export: WriteExport, tmp_path: Path
) -> None:
    older = write_export(memory_log(SIZE), tmp_path / "older", 256)
    shutil.copy(older.folder / "checkpoint", export.folder / "checkpoint")
    assert export.first_bad() == 256


def test_another_log_of_the_same_name_is_found_through_the_pinned_key(
    memory_log: MakeLog, write_export: WriteExport, tmp_path: Path, signer: SignerKey
) -> None:
    foreign = write_export(memory_log(SIZE, SignerKey.generate(signer.name)), tmp_path / "export")
    assert foreign.verify()["ok"] is True
    assert foreign.verify()["key_pinned"] is False
    assert foreign.first_bad(pinned=signer.verifier().text()) == 0


def test_a_foreign_key_file_is_found(export: Any, signer: SignerKey) -> None:
    foreign = SignerKey.generate(signer.name).verifier().text()
    (export.folder / "log.vkey").write_text(f"{foreign}\n")
    assert export.first_bad() == 0
    assert export.verify(pinned=signer.verifier().text())["ok"] is True


def test_a_log_signed_again_with_the_stolen_key_is_found_by_a_kept_checkpoint(
    export: Any, memory_log: MakeLog, write_export: WriteExport, tmp_path: Path
) -> None:
    kept = (export.folder / "checkpoint").read_text()
    log = memory_log(SIZE)
    forged = type(log)([*log.entries[:300], b'{"id":"forged"}', *log.entries[301:]], log.key)
    folder = write_export(forged, tmp_path / "forged")
    assert folder.verify()["ok"] is True, "without a witness nothing shows it"
    assert folder.first_bad(kept=[kept]) == 0
    older = log.notes[512]
    assert folder.verify(kept=[log.notes[256]])["ok"] is True
    assert folder.first_bad(kept=[older]) == 0


def test_a_log_cut_back_to_an_earlier_size_is_found_by_a_kept_checkpoint(
    memory_log: MakeLog, write_export: WriteExport, tmp_path: Path
) -> None:
    log = memory_log(SIZE)
    folder = write_export(log, tmp_path / "export", 512)
    assert folder.verify()["ok"] is True
    assert folder.first_bad(kept=[log.notes[SIZE]]) == 512


def test_signatures_in_a_second_base64_spelling_are_refused(export: Any) -> None:
    path = export.folder / "checkpoint"
    head, _, signature = path.read_text().rstrip("\n").rpartition(" ")
    last = signature[-2]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = signature[:-2] + alphabet[alphabet.index(last) ^ 1] + "="
    assert b64decode(other) == b64decode(signature)
    path.write_text(f"{head} {other}\n")
    assert export.first_bad() == 512
