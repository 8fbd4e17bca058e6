"""DEV ONLY: what a script says to the development issuer: sign a person in, get a client's token.

The same requests as a browser's, with `prompt=none`; no special door.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx

from matricula_localstack.issuer.directory import SCRIPT_CLIENT, SCRIPT_REDIRECT

_OK: Final = 200
_SEE_OTHER: Final = 303


class IssuerRefusedError(Exception):
    """The issuer did not give a token; `code` is its OAuth error code or the HTTP status."""

    def __init__(self, code: str) -> None:
        super().__init__("the issuer gave no token")
        self.code = code


async def person_tokens(
    client: httpx.AsyncClient,
    issuer: str,
    *,
    subject: str,
    second_factor: bool = False,
    audience: str | None = None,
) -> Mapping[str, Any]:
    """Sign a person of the directory in; return the token response (access and refresh token)."""
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    state = secrets.token_urlsafe(16)
    answer = await client.get(
        f"{issuer}/authorize",
        params={
            "response_type": "code",
            "client_id": SCRIPT_CLIENT,
            "redirect_uri": SCRIPT_REDIRECT,
            "state": state,
            "prompt": "none",
            "login_hint": subject,
            "acr_values": "mfa" if second_factor else "pwd",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii"),
            "code_challenge_method": "S256",
        },
    )
    if answer.status_code != _SEE_OTHER:
        raise IssuerRefusedError(str(answer.status_code))
    sent_back = parse_qs(urlsplit(answer.headers["location"]).query)
    if "code" not in sent_back:
        raise IssuerRefusedError(sent_back.get("error", ["no_code"])[0])
    if sent_back["state"] != [state] or sent_back["iss"] != [issuer]:
        raise IssuerRefusedError("mixed_up")
    form = {
        "grant_type": "authorization_code",
        "client_id": SCRIPT_CLIENT,
        "redirect_uri": SCRIPT_REDIRECT,
        "code": sent_back["code"][0],
        "code_verifier": verifier,
    }
    if audience is not None:
        form["audience"] = audience
    return await _token(client, issuer, form)


async def client_token(
    client: httpx.AsyncClient,
    issuer: str,
    *,
    client_id: str,
    secret: str,
    audience: str | None = None,
) -> str:
    """Return an access token of a client that authenticates with its secret."""
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": secret,
    }
    if audience is not None:
        form["audience"] = audience
    answer = await _token(client, issuer, form)
    return str(answer["access_token"])


async def upsert(
    client: httpx.AsyncClient, issuer: str, document: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Put people and clients into the directory; return them as they now are, with secrets."""
    answer = await client.post(f"{issuer}/dev/directory", json=document)
    if answer.status_code != _OK:
        raise IssuerRefusedError(str(answer.status_code))
    entries: Mapping[str, Any] = answer.json()
    return entries


async def _token(
    client: httpx.AsyncClient, issuer: str, form: Mapping[str, str]
) -> Mapping[str, Any]:
    answer = await client.post(f"{issuer}/token", data=dict(form))
    if answer.status_code != _OK:
        raise IssuerRefusedError(str(answer.json().get("error", answer.status_code)))
    tokens: Mapping[str, Any] = answer.json()
    return tokens
