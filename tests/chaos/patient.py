"""A client as partners and front ends should be: it repeats what a passing fault interrupted.

The same Idempotency-Key goes with every repetition, and an upload goes on where it stopped. What
was not passing (a 500, a refusal) is raised.
"""

import asyncio
import base64
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import httpx

from matricula_localstack.demo.platform_client import (
    TUS,
    Actor,
    PlatformClient,
    Refused,
)

PASSING: Final = frozenset({429, 502, 503, 504, 507})
PATIENCE_SECONDS: Final = 180.0
_PAUSE_SECONDS: Final = 0.1
_CONFLICT: Final = 409


class PatientClient(PlatformClient):
    """Repeats calls for a while. `seen` counts the statuses of what was refused, 0 for silence."""

    def __init__(self, client: httpx.AsyncClient, *, gateway: str, issuer: str) -> None:
        super().__init__(client, gateway=gateway, issuer=issuer)
        self.seen: Counter[int] = Counter()

    async def call(
        self,
        actor: Actor,
        method: str,
        path: str,
        *,
        json: Any = None,
        content: Any = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Make one call, as often as needed."""
        sent = dict(headers or {})
        if method == "POST" and json is not None:
            sent.setdefault("Idempotency-Key", str(uuid.uuid4()))
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return await super().call(
                    actor, method, path, json=json, content=content, headers=sent, params=params
                )
            except Refused as refused:
                self.seen[refused.status] += 1
                if refused.status not in PASSING or time.monotonic() > deadline:
                    raise
            except httpx.TransportError:
                self.seen[0] += 1
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(_PAUSE_SECONDS)

    async def open_upload(self, actor: Actor, *, size: int) -> str:
        """Announce an XML file of this many bytes by tus; return the address of the upload."""
        kind = base64.b64encode(b"application/xml").decode()
        headers = {**TUS, "Upload-Length": str(size), "Upload-Metadata": f"filetype {kind}"}
        opened = await self.call(actor, "POST", "/v1/uploads", headers=headers)
        return str(opened.headers["Location"])

    async def upload(self, actor: Actor, upload: str, data: bytes) -> None:
        """Send the file's bytes up to here, from wherever the platform says it is."""
        while True:
            asked = await self.call(actor, "HEAD", upload, headers=TUS)
            offset = int(asked.headers["Upload-Offset"])
            if offset >= len(data):
                return
            headers = {
                **TUS,
                "Upload-Offset": str(offset),
                "Content-Type": "application/offset+octet-stream",
            }
            try:
                await PlatformClient.call(
                    self, actor, "PATCH", upload, content=data[offset:], headers=headers
                )
            except Refused as refused:
                self.seen[refused.status] += 1
                if refused.status not in PASSING | {_CONFLICT}:  # 409: the offset has moved on
                    raise
                await asyncio.sleep(_PAUSE_SECONDS)
            except httpx.TransportError:
                self.seen[0] += 1
                await asyncio.sleep(_PAUSE_SECONDS)
