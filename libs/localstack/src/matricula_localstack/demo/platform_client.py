"""Calls the platform as its users do: through the gateway, with tokens of the issuer.

One client for all actors; each call names in whose name it is made. Tokens are renewed before they
expire.
"""

import base64
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from matricula_localstack.issuer.scripted import client_token, person_tokens

TOKEN_SECONDS: Final = 200
CHUNK_BYTES: Final = 1 << 20
TUS: Final = {"Tus-Resumable": "1.0.0"}
MEDIA_TYPES: Final = {
    ".xml": "application/xml",
    ".csv": "text/csv",
    ".ndjson": "application/x-ndjson",
    ".zip": "application/zip",
}


class Refused(Exception):  # noqa: N818 - named as the fact it states
    """The platform answered with a problem."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('type', '')} {problem.get('title', '')}")
        self.status = status
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts: a person (no secret) or a machine client."""

    name: str
    secret: str | None = None


class PlatformClient:
    """HTTP calls in the name of actors."""

    def __init__(self, client: httpx.AsyncClient, *, gateway: str, issuer: str) -> None:
        self._client = client
        self._gateway = gateway
        self._issuer = issuer
        self._tokens: dict[str, tuple[float, str]] = {}

    async def token(self, actor: Actor) -> str:
        """Return an access token of the actor."""
        kept = self._tokens.get(actor.name)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        if actor.secret is None:
            answer = await person_tokens(
                self._client, self._issuer, subject=actor.name, second_factor=True
            )
            token = str(answer["access_token"])
        else:
            token = await client_token(
                self._client, self._issuer, client_id=actor.name, secret=actor.secret
            )
        self._tokens[actor.name] = (time.monotonic() + TOKEN_SECONDS, token)
        return token

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
        """Make one call; raises Refused for everything that is not a success."""
        sent = {"Authorization": f"Bearer {await self.token(actor)}", **(headers or {})}
        if method == "POST" and json is not None:
            sent.setdefault("Idempotency-Key", str(uuid.uuid4()))
        response = await self._client.request(
            method,
            self._gateway + path,
            json=json,
            content=content,
            headers=sent,
            params=params,
        )
        if not response.is_success:
            raise Refused(response.status_code, _problem(response))
        return response

    async def get(self, actor: Actor, path: str, **params: str) -> Any:
        """Return the JSON of a GET."""
        return (await self.call(actor, "GET", path, params=params)).json()

    async def post(self, actor: Actor, path: str, body: Mapping[str, Any]) -> Any:
        """Return the JSON of a POST, None when there is none."""
        response = await self.call(actor, "POST", path, json=body)
        return response.json() if response.content else None

    async def all_pages(self, actor: Actor, path: str, **params: str) -> list[Any]:
        """Return the items of every page of a list."""
        items: list[Any] = []
        cursor: dict[str, str] = {}
        while True:
            page = await self.get(actor, path, **params, **cursor)
            items += page["items"]
            if not page["next"]:
                return items
            cursor = {"cursor": page["next"]}

    async def push_whole(self, actor: Actor, file: Path) -> httpx.Response:
        """Send a file in one request, streamed."""
        return await self.call(
            actor,
            "POST",
            "/v1/submissions",
            content=chunks(file, 0, size_of(file)),
            headers={"Content-Type": media_type(file), "Content-Length": str(size_of(file))},
        )

    async def push_interrupted(self, actor: Actor, file: Path) -> tuple[str, int]:
        """Send a file by tus in two parts, asking in between how far it got.

        Returns the submission's address and the offset at which the upload was resumed.
        """
        size = size_of(file)
        kind = base64.b64encode(media_type(file).encode()).decode()
        opened = await self.call(
            actor,
            "POST",
            "/v1/uploads",
            headers={**TUS, "Upload-Length": str(size), "Upload-Metadata": f"filetype {kind}"},
        )
        upload = opened.headers["Location"]
        await self._append(actor, upload, file, 0, size // 2)
        asked = await self.call(actor, "HEAD", upload, headers=TUS)
        offset = int(asked.headers["Upload-Offset"])
        finished = await self._append(actor, upload, file, offset, size)
        return str(finished.headers["Location"]), offset

    async def _append(
        self, actor: Actor, upload: str, file: Path, start: int, end: int
    ) -> httpx.Response:
        return await self.call(
            actor,
            "PATCH",
            upload,
            content=chunks(file, start, end),
            headers={
                **TUS,
                "Upload-Offset": str(start),
                "Content-Type": "application/offset+octet-stream",
                "Content-Length": str(end - start),
            },
        )

    async def download(self, actor: Actor, path: str, to: Path) -> None:
        """Stream an answer into a file."""
        headers = {"Authorization": f"Bearer {await self.token(actor)}"}
        async with self._client.stream("GET", self._gateway + path, headers=headers) as answer:
            if not answer.is_success:
                await answer.aread()
                raise Refused(answer.status_code, _problem(answer))
            with to.open("wb") as file:
                async for chunk in answer.aiter_bytes():
                    file.write(chunk)


def size_of(file: Path) -> int:
    """Return a file's size in bytes."""
    return file.stat().st_size


def media_type(file: Path) -> str:
    """Return the media type that a file's name stands for."""
    return MEDIA_TYPES.get(file.suffix.lower(), "application/octet-stream")


async def chunks(file: Path, start: int, end: int) -> AsyncIterator[bytes]:
    """Yield the bytes of a file from `start` to before `end`."""
    with file.open("rb") as source:
        source.seek(start)
        left = end - start
        while left > 0 and (chunk := source.read(min(CHUNK_BYTES, left))):
            left -= len(chunk)
            yield chunk


def _problem(response: httpx.Response) -> Mapping[str, Any]:
    has_body = bool(response.content)  # the answer to a HEAD names its type and has none
    if has_body and "json" in response.headers.get("content-type", ""):
        found: Mapping[str, Any] = response.json()
        return found
    return {"type": "about:blank", "title": response.reason_phrase, "status": response.status_code}
