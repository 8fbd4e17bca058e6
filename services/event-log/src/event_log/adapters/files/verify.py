"""Verify an exported event log offline: python verify.py EXPORT_DIR [--key VKEY].

One file on purpose: it travels with every export and needs Python 3.11 and the `cryptography`
package, nothing of Matricula. It must not import the rest of the project, nor use a network.
"""

import argparse
import json
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

EVENTS, CHECKPOINT, HISTORY, KEY = "events.jsonl", "checkpoint", "checkpoints", "log.vkey"
BLOCK = 256  # hashes in a tile
LONGEST_LINE = 1 << 24  # bytes; a longer line is reported, not read into memory
Peaks = list[tuple[int, bytes]]  # (height, root) of the perfect subtrees, widest first
Mark = tuple[int, bytes]  # size and root that a checkpoint signs
Result = dict[str, object]


class Finding(Exception):  # noqa: N818 - a result of the examination, not a failure of it
    """Something wrong, and the 0-based position from which the log is no longer proved."""

    def __init__(self, index: int, problem: str, *, is_exact: bool = True) -> None:
        super().__init__(problem)
        self.index, self.problem, self.is_exact = index, problem, is_exact


def leaf(line: bytes) -> bytes:
    """RFC 6962 section 2.1: hash of an entry; the newline is not part of it."""
    return sha256(b"\x00" + line).digest()


def root_of(peaks: Peaks) -> bytes:
    """Root over the perfect subtrees of a tree."""
    if not peaks:
        return sha256(b"").digest()
    root = peaks[-1][1]
    for _, peak in reversed(peaks[:-1]):
        root = sha256(b"\x01" + peak + root).digest()
    return root


def grow(peaks: Peaks, leaves: list[bytes]) -> Iterator[tuple[int, bytes]]:
    """Append leaves in place; yield each node that belongs into a tile above level 0."""
    for top in leaves:
        height = 0
        while peaks and peaks[-1][0] == height:
            top = sha256(b"\x01" + peaks.pop()[1] + top).digest()  # noqa: PLW2901 - climbs
            height += 1
            if height % 8 == 0:
                yield height // 8, top
        peaks.append((height, top))


def leads_to(root: bytes, peaks: Peaks, leaves: list[bytes]) -> bool:
    """Whether the tree has this root once the leaves are appended (to a copy)."""
    copy = list(peaks)
    for _ in grow(copy, leaves):
        pass
    return root_of(copy) == root


def exact_base64(text: str) -> bytes:
    """Decode base64 and refuse any second spelling of the same bytes."""
    data = b64decode(text, validate=True)
    if b64encode(data).decode() != text:
        raise ValueError("not canonical base64")
    return data


class Key:
    """The log's Ed25519 key in C2SP form: name+hash+base64(0x01 || key)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.name, hint, encoded = text.split("+", 2)
        data = exact_base64(encoded)
        self.hint = sha256(f"{self.name}\n".encode() + data).digest()[:4]
        if data[:1] != b"\x01" or self.hint.hex() != hint:
            raise ValueError("not an Ed25519 key of this name")
        self.public = Ed25519PublicKey.from_public_bytes(data[1:])

    def open(self, note: str) -> Mark:
        """Size and root of a checkpoint that this key signed; ValueError for any other text."""
        text, separator, signatures = note.rpartition("\n\n")
        if not separator or not signatures.endswith("\n"):
            raise ValueError("malformed note")
        try:
            self.public.verify(self._signature(signatures), f"{text}\n".encode())
        except InvalidSignature:
            raise ValueError("the signature does not verify") from None
        origin, size, root = text.split("\n")[:3]
        if origin != self.name:
            raise ValueError("checkpoint of another log")
        return int(size), exact_base64(root)

    def _signature(self, signatures: str) -> bytes:
        for line in signatures[:-1].split("\n"):
            dash, name, encoded = line.split(" ")
            data = exact_base64(encoded)
            if dash == "\N{EM DASH}" and name == self.name and data[:4] == self.hint:
                return data[4:]
        raise ValueError("not signed by the log's key")


def notes_of(text: str) -> list[str]:
    """Cut signed notes (text, empty line, signatures), an empty line between them, apart."""
    parts = text.split("\n\n")
    notes = ["\n\n".join(parts[at : at + 2]) + "\n" for at in range(0, len(parts), 2)]
    return [*notes[:-1], notes[-1][:-1]] if text else []


class Tiles:
    """The exported hash tiles (C2SP tlog-tiles), one of each level held at a time."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder, self.size = folder, size
        self.held: dict[int, tuple[int, bytes]] = {}
        self.seen: dict[int, int] = {}

    def tile(self, level: int, index: int) -> bytes:
        """Hashes of one tile; empty when the file is missing or too long."""
        if self.held.get(level, (-1, b""))[0] != index:
            width = min(BLOCK, self.size // BLOCK**level - index * BLOCK)
            name, rest = f"{index % 1000:03d}", index // 1000
            while rest:
                name, rest = f"x{rest % 1000:03d}/{name}", rest // 1000
            suffix = "" if width == BLOCK else f".p/{width}"
            path = self.folder / "tile" / str(level) / f"{name}{suffix}"
            data = path.read_bytes() if width > 0 and path.is_file() else b""
            self.held[level] = (index, data if len(data) <= 32 * width else b"")
        return self.held[level][1]

    def leaves(self, begin: int, end: int) -> list[bytes]:
        """Leaf hashes that the tiles claim for these positions; empty ones where missing."""
        places = [(self.tile(0, at // BLOCK), at % BLOCK * 32) for at in range(begin, end)]
        return [tile[place : place + 32] for tile, place in places]

    def check(self, level: int, computed: bytes) -> None:
        """Compare the next node of a level above 0 with its tile."""
        at = self.seen.get(level, 0)
        self.seen[level] = at + 1
        place = at % BLOCK * 32
        if self.tile(level, at // BLOCK)[place : place + 32] != computed:
            raise Finding(at * BLOCK**level, "tile above level 0 altered or missing")


def read_lines(events: BinaryIO, count: int) -> list[bytes]:
    """Next lines without their newlines; stops before one that is cut off or too long."""
    lines: list[bytes] = []
    while len(lines) < count and (line := events.readline(LONGEST_LINE)).endswith(b"\n"):
        lines.append(line[:-1])
    return lines


def looks_sound(line: bytes) -> bool:
    """Whether a line has the form that the log writes: canonical JSON with an id."""
    try:
        event = json.loads(line)
        text = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return text.encode() == line and isinstance(event["id"], str)
    except (ValueError, TypeError, KeyError, RecursionError):
        return False


class Examination:
    """One pass over an export: lines against tiles, roots against signed checkpoints."""

    def __init__(self, folder: Path, key: Key, kept: list[str]) -> None:
        self.folder, self.key, self.proved = folder, key, 0
        self.findings: list[Finding] = []
        self.marks: dict[int, bytes] = {}
        for note in notes_of(_text(folder / HISTORY)):
            self._add(note, HISTORY)
        self.final = self._add(_text(folder / CHECKPOINT), CHECKPOINT)
        self.size = max(self.marks, default=0)
        if self.final and self.final[0] < self.size:
            self.findings.append(Finding(self.final[0], f"{CHECKPOINT} is older than {HISTORY}"))
        for note in kept:
            self._add(note, "kept checkpoint")

    def _add(self, note: str, where: str) -> Mark | None:
        try:
            size, root = self.key.open(note)
        except ValueError as error:
            self.findings.append(Finding(max(self.marks, default=0), f"{where}: {error}"))
            return None
        if self.marks.setdefault(size, root) != root:
            self.findings.append(Finding(0, f"{where}: two roots are signed for size {size}"))
        return size, root

    def run(self) -> Finding | None:
        """Examine everything; answer the finding of the lowest position, if any."""
        try:
            with (self.folder / EVENTS).open("rb", buffering=1 << 20) as events:
                peaks: Peaks = []
                tiles = Tiles(self.folder, self.size)
                for end, root in sorted(self.marks.items()):
                    self._segment(events, peaks, tiles, mark=(end, root))
                    self.proved = end
                if self.final and events.read(1):
                    self.findings.append(Finding(self.size, "more events than were signed"))
        except Finding as found:
            self.findings.append(found)
        except OSError:
            self.findings.append(Finding(self.proved, f"{EVENTS} or a tile cannot be read"))
        return min(self.findings, key=lambda finding: finding.index, default=None)

    def _segment(self, events: BinaryIO, peaks: Peaks, tiles: Tiles, *, mark: Mark) -> None:
        """Prove the positions up to a checkpoint, or raise the first that is bad."""
        (end, root), start, before, at = mark, events.tell(), list(peaks), self.proved
        nodes: list[tuple[int, bytes]] = []
        is_clean = True
        while is_clean and at < end:
            count = min(BLOCK - at % BLOCK, end - at)
            hashes = [leaf(line) for line in read_lines(events, count)]
            tile, place = tiles.tile(0, at // BLOCK), at % BLOCK * 32
            is_clean = b"".join(hashes) == tile[place : place + 32 * count]
            is_clean = is_clean and len(hashes) == count
            nodes += grow(peaks, hashes)
            at += count
        if not is_clean or root_of(peaks) != root:
            events.seek(start)
            lines = read_lines(events, end - self.proved)
            raise diagnose(lines, tiles.leaves(self.proved, end), before, (self.proved, root))
        for level, computed in nodes:
            tiles.check(level, computed)


def diagnose(lines: list[bytes], claimed: list[bytes], peaks: Peaks, mark: Mark) -> Finding:
    """Name the first bad position between the last proved checkpoint and the next root."""
    begin, root = mark
    hashes = [leaf(line) for line in lines]
    same = [line == tile for line, tile in zip(hashes, claimed, strict=False)]
    first = same.index(False) if False in same else len(same)
    if first < len(claimed) and leads_to(root, peaks, claimed):
        problem = "event altered, moved or inserted" if first < len(lines) else "event missing"
        return Finding(begin + first, f"{problem} or cut off")
    if len(lines) == len(claimed) and leads_to(root, peaks, hashes):
        return Finding(begin + first, "tile of level 0 altered or missing")
    strange = [at for at, line in enumerate(lines) if not looks_sound(line)]
    if strange:
        return Finding(begin + strange[0], "no event of this log; its tile is altered too")
    pairs = zip(hashes, claimed, strict=False)
    if len(lines) < len(claimed) and all(tile in (b"", line) for line, tile in pairs):
        return Finding(begin + len(lines), "event missing, and its tile too", is_exact=False)
    problem = f"an event and its tile altered, from here to {begin + len(claimed) - 1}"
    return Finding(begin, problem, is_exact=False)


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace") if path.is_file() else ""


def verify(folder: Path, pinned: str | None = None, kept: list[str] | None = None) -> Result:
    """Examine an export; OSError where there is none."""
    if not (folder / EVENTS).is_file() and not (folder / CHECKPOINT).is_file():
        raise FileNotFoundError("no export in this folder")
    result: Result = {"ok": False, "size": 0, "root": None, "first_bad_index": 0, "exact": True}
    result |= {"problem": None, "proved": 0, "key": pinned, "key_pinned": pinned is not None}
    try:
        key = Key(pinned or _text(folder / KEY).removesuffix("\n"))
    except ValueError:
        return result | {"problem": f"{KEY} is not a usable key"}
    examination = Examination(folder, key, kept or [])
    bad = examination.run()
    size, root = examination.final or (examination.size, None)
    result |= {"size": size, "root": b64encode(root).decode() if root else None}
    result |= {"proved": examination.proved, "key": key.text, "ok": bad is None}
    found = (bad.index, bad.is_exact, bad.problem) if bad else (None, True, None)
    return result | dict(zip(("first_bad_index", "exact", "problem"), found, strict=True))


def main(arguments: list[str] | None = None) -> int:
    """Print the answer as JSON; 0 when all is proved, 1 when not, 2 without an export."""
    parser = argparse.ArgumentParser(description="Verify an exported event log offline.")
    parser.add_argument("export_dir", type=Path)
    parser.add_argument("--key", help="the log's verifier key, got from somewhere you trust")
    parser.add_argument("--checkpoint", type=Path, action="append", default=[], help="one you kept")
    options = parser.parse_args(arguments)
    try:
        kept = [path.read_bytes().decode() for path in options.checkpoint]
        result = verify(options.export_dir, options.key, kept)
    except (OSError, UnicodeDecodeError) as error:
        result = {"ok": False, "size": 0, "root": None, "first_bad_index": None}
        result["problem"] = f"cannot read the export: {type(error).__name__}"
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    return 0 if result["ok"] else 1 if "proved" in result else 2


if __name__ == "__main__":
    sys.exit(main())
