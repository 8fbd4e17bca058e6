"""Reads the four contract sources strictly; knows nothing of what is generated from them."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ROOT / "contracts"


class SourceError(Exception):
    """A contract source that cannot be used; `faults` says where and why."""

    def __init__(self, source: str, faults: list[str]) -> None:
        super().__init__("contract source refused")
        self.source = source
        self.faults = faults

    def __str__(self) -> str:
        """One line a fault, so that a terminal shows all of them."""
        return "\n".join(f"{self.source}: {fault}" for fault in self.faults)


class _UniqueKeyLoader(yaml.SafeLoader):
    """SafeLoader keeps the last of two equal keys in silence: a lost permission nobody sees."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - signature of the base class
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        repeated = sorted({str(key) for key in keys if keys.count(key) > 1})
        if repeated:
            line = node.start_mark.line + 1
            raise SourceError(
                Path(node.start_mark.name).name, [f"line {line}: repeated key {repeated}"]
            )
        return super().construct_mapping(node, deep)


def load(name: str, *, folder: Path = CONTRACTS) -> dict[str, Any]:
    """Return contracts/`name` as a mapping; SourceError when it is not one or repeats a key."""
    with (folder / name).open(encoding="utf-8") as stream:
        document = yaml.load(stream, Loader=_UniqueKeyLoader)  # noqa: S506 - a SafeLoader
    if not isinstance(document, dict):
        raise SourceError(name, ["the document is not a mapping"])
    return document
