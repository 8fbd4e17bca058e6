"""Signs internal tokens with the key whose time it is, and follows the key file.

A file that turns bad is reported and changes nothing. Must not verify.
"""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import structlog

from matricula_chassis.auth.tokens import TokenSigner
from matricula_chassis.clock import Clock
from matricula_chassis.ids import IdSource
from matricula_gateway.adapters.keys.key_ring import (
    KeyRing,
    UnusableKeyFile,
    jwks,
    load_key_ring,
)

_LOOK_SECONDS: Final = 1.0

log = structlog.get_logger()


class RotatingSigner:
    """See `InternalSigner`. `on_change` is called when another key begins to sign."""

    def __init__(
        self,
        path: Path,
        ring: KeyRing,
        *,
        issuer: str,
        clock: Clock,
        ids: IdSource,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._path = path
        self._ring = ring
        self._issuer = issuer
        self._clock = clock
        self._ids = ids
        self._on_change = on_change
        self._modified = _modified(path)
        self._key = ring.signing(clock.now())
        self._signer = self._make()

    def sign(self, claims: Mapping[str, Any], *, audience: str) -> str:
        """Return a token for one service."""
        return self._signer.sign(claims, audience=audience)

    def jwks(self) -> dict[str, Any]:
        """Return the public keys that services may meet."""
        return jwks(self._ring.published(self._clock.now()))

    def look(self) -> None:
        """Take up a changed file, and the key whose time has come."""
        modified = _modified(self._path)
        if modified != self._modified:
            self._modified = modified
            try:
                ring = load_key_ring(self._path)
                ring.signing(self._clock.now())
            except UnusableKeyFile as error:
                log.warning("keys.file_refused", fault=error.fault)
            else:
                self._ring = ring
                log.info("keys.file_taken_up", keys=len(ring.keys))
        try:
            key = self._ring.signing(self._clock.now())
        except UnusableKeyFile as error:
            log.warning("keys.none_may_sign", fault=error.fault)
            return
        if key.key_id != self._key.key_id:
            self._key = key
            self._signer = self._make()
            log.info("keys.signing_key_changed", key_id=key.key_id)
            self._on_change()

    async def run(self) -> None:
        """Look once a second, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            self.look()

    def _make(self) -> TokenSigner:
        return TokenSigner(self._key, issuer=self._issuer, clock=self._clock, ids=self._ids)


def _modified(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino
