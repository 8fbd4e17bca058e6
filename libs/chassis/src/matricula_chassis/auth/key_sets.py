"""The key sets of issuers: parsed once, refreshed carefully, never lost.

An unknown key id may cause a fetch, at most one in ten seconds whatever arrives; a failed fetch
changes nothing; a key set once had stays until a better one is there.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

import httpx
import structlog
from prometheus_client import Counter

from matricula_chassis.auth.checks import MAX_KEY_ID_LENGTH
from matricula_chassis.auth.metadata import (
    IssuerUnreachable,
    discover,
    endpoint,
    fetch_document,
    require_secure,
)
from matricula_chassis.auth.rejection import Reason, TokenRejected
from matricula_chassis.auth.tokens import BadKey, VerifyingKey
from matricula_chassis.clock import Clock

KEY_SET_FETCHES: Final = Counter(
    "matricula_key_set_fetches", "Fetches of an issuer's key set.", ("outcome",)
)
MIN_INTERVAL: Final = timedelta(seconds=10)
RETRY_WITHOUT_KEYS: Final = timedelta(seconds=1)
REFRESH_EVERY: Final = timedelta(minutes=5)
MISSING_LIFE: Final = timedelta(seconds=60)
_MAX_KEYS: Final = 64
_MAX_MISSING: Final = 1_024
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)

_log = structlog.get_logger(__name__)


class KeySet:
    """The ES256 keys of one issuer at one moment; immutable. A KeySource for fixed keys too."""

    __slots__ = ("_keys",)

    def __init__(self, keys: Sequence[VerifyingKey] = ()) -> None:
        self._keys = {key.key_id: key for key in keys}
        if len(self._keys) != len(keys):
            raise IssuerUnreachable("key set uses a key id twice")

    @classmethod
    def from_jwks(cls, document: Mapping[str, Any], *, backend: str | None = None) -> "KeySet":
        """Read a JWK set (RFC 7517). Keys that are not for ES256 signatures are passed over.

        Raises IssuerUnreachable when the document is no key set or holds no usable key.
        """
        entries = document.get("keys")
        if not isinstance(entries, list) or len(entries) > _MAX_KEYS:
            raise IssuerUnreachable("answer is not a key set")
        keys = []
        for entry in entries:
            if not isinstance(entry, dict):
                raise IssuerUnreachable("answer is not a key set")
            try:
                key = VerifyingKey(entry, backend=backend)
            except BadKey:
                continue  # of another algorithm or broken; the others are still good
            if 0 < len(key.key_id) <= MAX_KEY_ID_LENGTH:
                keys.append(key)
        if not keys:
            raise IssuerUnreachable("key set holds no usable key")
        return cls(keys)

    def get(self, key_id: str) -> VerifyingKey | None:
        """Return the key with this id, or None."""
        return self._keys.get(key_id)

    async def find(self, key_id: str) -> VerifyingKey | None:
        """Return the key with this id, or None."""
        return self._keys.get(key_id)

    def __len__(self) -> int:
        return len(self._keys)


class KeySetFetch(Protocol):
    """Gets the JWK set of one issuer; raises IssuerUnreachable."""

    async def __call__(self) -> Mapping[str, Any]:
        """Return the document."""
        ...


class JwksAddress:
    """A key set at an address that settings name."""

    def __init__(self, url: str, *, client: httpx.AsyncClient) -> None:
        self._url = require_secure(url)
        self._client = client

    async def __call__(self) -> Mapping[str, Any]:
        """Return the document."""
        document = await fetch_document(self._client, self._url)
        if document is None:
            raise IssuerUnreachable("key set is not there")
        return document


class DiscoveredJwks:
    """A key set whose address the issuer's metadata names."""

    def __init__(self, issuer: str, *, client: httpx.AsyncClient) -> None:
        self._issuer = issuer
        self._client = client

    async def __call__(self) -> Mapping[str, Any]:
        """Return the document; the metadata is read anew each time, for an address may move."""
        metadata = await discover(self._client, self._issuer)
        document = await fetch_document(self._client, endpoint(metadata, "jwks_uri"))
        if document is None:
            raise IssuerUnreachable("key set is not there")
        return document


class RemoteKeySet:
    """A key set that is fetched when it is needed. Close it to end a fetch under way.

    - a known key answers at once; when the set is older than `refresh_every` it is fetched
      beside that, and when it is more than twice as old, before that;
    - an unknown key id causes a fetch, shared by all who wait, at most one each `min_interval`;
    - an id that a fetch did not bring is remembered for a minute and causes no fetch meanwhile.
    """

    def __init__(
        self,
        fetch: KeySetFetch,
        *,
        clock: Clock,
        refresh_every: timedelta = REFRESH_EVERY,
        min_interval: timedelta = MIN_INTERVAL,
        backend: str | None = None,
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._refresh_every = refresh_every
        self._min_interval = min_interval
        self._backend = backend
        self._keys = KeySet()
        self._fetched_at = _LONG_AGO
        self._attempted_at = _LONG_AGO
        self._refreshing: asyncio.Task[bool] | None = None
        self._missing: OrderedDict[str, datetime] = OrderedDict()

    async def find(self, key_id: str) -> VerifyingKey | None:
        """Return the key with this id, or None; raises TokenRejected when there never was a set."""
        key = self._keys.get(key_id)
        if key is not None:
            age = self._clock.now() - self._fetched_at
            if age < self._refresh_every:
                return key
            refresh = self._refresh()
            if age >= 2 * self._refresh_every and refresh is not None:
                await asyncio.shield(refresh)
            return self._keys.get(key_id)
        if self._is_known_missing(key_id):
            return None
        refresh = self._refresh()
        if refresh is not None and await asyncio.shield(refresh):
            key = self._keys.get(key_id)
            if key is None:
                self._remember_missing(key_id)
        if not len(self._keys):
            raise TokenRejected(Reason.KEYS_UNAVAILABLE)
        return key

    async def refresh(self) -> bool:
        """Fetch the set if the interval allows; return whether there are keys afterwards."""
        refresh = self._refresh()
        if refresh is not None:
            await asyncio.shield(refresh)
        return len(self._keys) > 0

    async def aclose(self) -> None:
        """End a fetch that is under way."""
        task = self._refreshing
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _refresh(self) -> asyncio.Task[bool] | None:
        """Return the fetch under way, or a new one, or None when it is too early for one."""
        if self._refreshing is not None:
            return self._refreshing
        now = self._clock.now()
        interval = self._min_interval if len(self._keys) else RETRY_WITHOUT_KEYS
        if abs(now - self._attempted_at) < interval:
            return None
        self._attempted_at = now
        # lint-skip: no-bare-create-task held in _refreshing, shared by all who wait; aclose ends it
        task = asyncio.get_running_loop().create_task(self._fetch_once(), name="key-set-fetch")
        self._refreshing = task
        task.add_done_callback(self._forget_refresh)
        return task

    def _forget_refresh(self, _task: asyncio.Task[bool]) -> None:
        self._refreshing = None

    async def _fetch_once(self) -> bool:
        try:
            keys = KeySet.from_jwks(await self._fetch(), backend=self._backend)
        except IssuerUnreachable as fault:
            KEY_SET_FETCHES.labels(outcome="failed").inc()
            _log.warning("key_set_fetch_failed", fault=fault.fault, keys_kept=len(self._keys))
            return False
        KEY_SET_FETCHES.labels(outcome="fetched").inc()
        self._keys = keys
        self._fetched_at = self._clock.now()
        return True

    def _is_known_missing(self, key_id: str) -> bool:
        until = self._missing.get(key_id)
        if until is None:
            return False
        if self._clock.now() < until:
            return True
        del self._missing[key_id]
        return False

    def _remember_missing(self, key_id: str) -> None:
        self._missing[key_id] = self._clock.now() + MISSING_LIFE
        if len(self._missing) > _MAX_MISSING:
            self._missing.popitem(last=False)
