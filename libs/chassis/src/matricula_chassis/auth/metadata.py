"""Fetches small JSON documents of an issuer: its metadata (RFC 8414) and its key set.

Addresses come from settings, or from the metadata of an issuer that settings name; never from a
token. No redirects, https unless loopback, bounded in time and in size.
"""

import asyncio
import ipaddress
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

MAX_DOCUMENT_BYTES: Final = 262_144
FETCH_SECONDS: Final = 5.0
_OK: Final = 200
_NOT_FOUND: Final = 404


class IssuerUnreachable(Exception):  # noqa: N818 - named as the fact it states
    """The issuer gave no usable document; `fault` is a constant text that says why."""

    def __init__(self, fault: str) -> None:
        super().__init__("the issuer gave no usable document")
        self.fault = fault


def issuer_client() -> httpx.AsyncClient:
    """Return a client fit for `fetch_document`: no redirects, short time-outs. Close it."""
    return httpx.AsyncClient(
        follow_redirects=False, timeout=httpx.Timeout(FETCH_SECONDS, connect=2.0)
    )


def is_loopback(host: str | None) -> bool:
    """Return whether a host name means this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def require_secure(url: str) -> str:
    """Return the URL; raises IssuerUnreachable unless it is https, or http on loopback."""
    parts = urlsplit(url)
    plain_is_fine = parts.scheme == "http" and is_loopback(parts.hostname)
    if not (parts.scheme == "https" or plain_is_fine) or parts.username or parts.password:
        raise IssuerUnreachable("address is neither https nor loopback")
    return url


async def fetch_document(client: httpx.AsyncClient, url: str) -> Mapping[str, Any] | None:
    """Return the JSON object at an address, None on 404; raises IssuerUnreachable otherwise."""
    require_secure(url)
    try:
        async with asyncio.timeout(FETCH_SECONDS):
            raw = await _read(client, url)
    except TimeoutError:
        raise IssuerUnreachable("time is over") from None
    except httpx.HTTPError:
        raise IssuerUnreachable("connection failed") from None
    if raw is None:
        return None
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        raise IssuerUnreachable("answer is not JSON") from None
    if not isinstance(document, dict):
        raise IssuerUnreachable("answer is not a JSON object")
    return document


async def _read(client: httpx.AsyncClient, url: str) -> bytes | None:
    accept = {"accept": "application/json"}
    async with client.stream("GET", url, headers=accept, follow_redirects=False) as response:
        if response.status_code == _NOT_FOUND:
            return None
        if response.status_code != _OK:
            raise IssuerUnreachable("answer is not 200")
        raw = bytearray()
        async for piece in response.aiter_bytes():
            raw += piece
            if len(raw) > MAX_DOCUMENT_BYTES:
                raise IssuerUnreachable("answer is too large")
    return bytes(raw)


async def discover(client: httpx.AsyncClient, issuer: str) -> Mapping[str, Any]:
    """Return the metadata of an issuer, whose `issuer` member equals it character for character.

    RFC 8414 section 3 first, then the address of OpenID Connect Discovery.
    """
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")
    addresses = (
        f"{parts.scheme}://{parts.netloc}/.well-known/oauth-authorization-server{path}",
        f"{issuer.rstrip('/')}/.well-known/openid-configuration",
    )
    for address in addresses:
        document = await fetch_document(client, address)
        if document is not None:
            if document.get("issuer") != issuer:
                raise IssuerUnreachable("metadata names another issuer")
            return document
    raise IssuerUnreachable("issuer has no metadata")


def endpoint(metadata: Mapping[str, Any], name: str) -> str:
    """Return an endpoint that the metadata names; raises IssuerUnreachable without one."""
    value = metadata.get(name)
    if not isinstance(value, str):
        raise IssuerUnreachable("metadata lacks an endpoint")
    return require_secure(value)
