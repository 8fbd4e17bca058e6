"""Keeps the issuer's key set fresh beside the data path, and notices keys that were withdrawn.

Must not verify tokens.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from matricula_chassis.auth.key_sets import KeySetFetch, RemoteKeySet

log = structlog.get_logger()

KeyMark = tuple[str, str, str]
"""Id and coordinates of a key: the same id with another key is another key."""


class NoticedFetch:
    """A KeySetFetch that calls `on_withdrawn` when a key of the last answer is missing."""

    def __init__(self, fetch: KeySetFetch, *, on_withdrawn: Callable[[], None]) -> None:
        self._fetch = fetch
        self._on_withdrawn = on_withdrawn
        self._known: frozenset[KeyMark] = frozenset()

    @property
    def has_keys(self) -> bool:
        """Whether the issuer's keys were had at least once."""
        return bool(self._known)

    async def __call__(self) -> Mapping[str, Any]:
        """Return the document."""
        document = await self._fetch()
        marks = _marks(document)
        if self._known - marks:
            log.info("issuer.key_withdrawn", keys=len(marks))
            self._on_withdrawn()
        if marks:
            self._known = marks
        return document


async def keep_fresh(keys: RemoteKeySet, *, every_seconds: float) -> None:
    """Fetch again and again until cancelled; quicker while there is no key at all."""
    while True:
        has_keys = await keys.refresh()
        await asyncio.sleep(every_seconds if has_keys else 1.0)


def _marks(document: Mapping[str, Any]) -> frozenset[KeyMark]:
    entries = document.get("keys")
    if not isinstance(entries, list):
        return frozenset()
    return frozenset(
        (str(entry.get("kid")), str(entry.get("x")), str(entry.get("y")))
        for entry in entries
        if isinstance(entry, dict)
    )
