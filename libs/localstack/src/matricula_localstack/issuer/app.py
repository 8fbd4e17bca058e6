"""DEV ONLY: the issuer's HTTP interface. Answers loopback peers under loopback names only."""

import json
import time as system_time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

from authlib.oauth2.rfc6749 import OAuth2Error
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from matricula_localstack.issuer.directory import (
    BadEntry,
    Directory,
    default_clients,
    default_people,
)
from matricula_localstack.issuer.grants_store import GrantsStore, SignIn
from matricula_localstack.issuer.loopback import is_loopback
from matricula_localstack.issuer.pages import PAGE_HEADERS, message_page, sign_in_page
from matricula_localstack.issuer.server import CLIENT_METHODS, IssuerRequest, IssuerServer
from matricula_localstack.issuer.signing_keys import KeyRing

_MAX_BODY: Final = 1_048_576
_MAX_FIELDS: Final = 100
_FORM: Final = "application/x-www-form-urlencoded"
_ACR_PASSWORD: Final = "pwd"  # noqa: S105 - the name of a class of sign-ins
_ACR_SECOND_FACTOR: Final = "mfa"
_ABILITIES: Final[Mapping[str, Any]] = {
    "response_types_supported": ["code"],
    "response_modes_supported": ["query"],
    "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
    "token_endpoint_auth_methods_supported": ["none", *CLIENT_METHODS],
    "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
    "code_challenge_methods_supported": ["S256"],
    "authorization_response_iss_parameter_supported": True,
    "acr_values_supported": [_ACR_PASSWORD, _ACR_SECOND_FACTOR],
    "prompt_values_supported": ["login", "none"],
}
"""What the metadata (RFC 8414 section 2) says beside the addresses."""


def create_issuer(
    home: Path,
    *,
    issuer: str,
    roles: Mapping[str, Mapping[str, str]],
    services: Mapping[str, Any],
    time: Callable[[], float] = system_time.time,
) -> ASGIApp:
    """Return the app of the issuer whose state is in `home`; makes what is not there yet.

    `roles` and `services` are those of the policy document.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.chmod(0o700)
    directory = Directory(home / "directory.json")
    directory.add_missing(people=default_people(roles), clients=default_clients(services))
    server = IssuerServer(
        issuer,
        directory=directory,
        store=GrantsStore(home / "grants.json", time=time),
        keys=KeyRing(home / "keys.json"),
        time=time,
    )
    return LoopbackOnly(_IssuerRoutes(server).app(), issuer=issuer)


class LoopbackOnly:
    """Refuses peers and Host names from elsewhere, and forms that another site posts."""

    def __init__(self, app: ASGIApp, *, issuer: str) -> None:
        self._app = app
        self._issuer = issuer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or refuse it."""
        if scope["type"] == "http" and not self._is_local(scope):
            refusal = JSONResponse({"error": "loopback_only"}, status_code=403)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_local(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        peer = scope.get("client")
        host = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
        origin = headers.get("origin")
        return (
            (peer is None or is_loopback(peer[0]))
            and is_loopback(host.strip("[]"))
            and (origin is None or origin == self._issuer)
        )


class _IssuerRoutes:
    def __init__(self, server: IssuerServer) -> None:
        self._server = server

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self.front, methods=["GET"]),
                Route("/.well-known/oauth-authorization-server", self.metadata, methods=["GET"]),
                Route("/.well-known/openid-configuration", self.metadata, methods=["GET"]),
                Route("/jwks", self.jwks, methods=["GET"]),
                Route("/authorize", self.authorise, methods=["GET", "POST"]),
                Route("/token", self.token, methods=["POST"]),
                Route("/dev/directory", self.directory, methods=["GET", "POST"]),
                Route("/dev/keys/rotation", self.rotation, methods=["POST"]),
            ]
        )

    async def front(self, _request: Request) -> Response:
        page = message_page(
            "Development issuer", "It hands out tokens for made-up people on this computer."
        )
        return HTMLResponse(page, headers=PAGE_HEADERS)

    async def metadata(self, _request: Request) -> Response:
        issuer = self._server.issuer
        addresses = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks",
        }
        return JSONResponse({**addresses, **_ABILITIES})

    async def jwks(self, _request: Request) -> Response:
        return JSONResponse(self._server.keys.jwks())

    async def token(self, request: Request) -> Response:
        wanted = await _read(request)
        if wanted is None:
            return _bad_request("a form of at most one MiB is needed")
        response: Response = self._server.create_token_response(wanted)
        return response

    async def authorise(self, request: Request) -> Response:
        wanted = await _read(request)
        if wanted is None:
            return _bad_request("a form of at most one MiB is needed")
        answer = wanted.form
        wanted.use_query()
        try:
            self._server.get_consent_grant(wanted)
        except OAuth2Error as error:
            return self._refusal(error)
        if request.method == "POST":
            return self._answer(
                wanted,
                subject=answer.get("person") if answer.get("answer") == "continue" else None,
                acr=_ACR_SECOND_FACTOR if answer.get("second_factor") else _ACR_PASSWORD,
            )
        hint = wanted.args.get("login_hint")
        if wanted.args.get("prompt") == "none":
            asked = wanted.args.get("acr_values", "").split(" ")
            acr = _ACR_SECOND_FACTOR if _ACR_SECOND_FACTOR in asked else _ACR_PASSWORD
            return self._answer(wanted, subject=hint, acr=acr)
        page = sign_in_page(self._server.directory.people, hint=hint)
        return HTMLResponse(page, headers=PAGE_HEADERS)

    async def directory(self, request: Request) -> Response:
        directory = self._server.directory
        if request.method == "GET":
            clients = [{**asdict(one), "secret": None} for one in directory.clients]
            return JSONResponse(
                {"people": [asdict(one) for one in directory.people], "clients": clients}
            )
        raw = await _body(request)
        try:
            return JSONResponse(directory.upsert(json.loads(raw or b"")), headers=_NO_STORE)
        except BadEntry as error:
            return _bad_request(error.fault)
        except ValueError:
            return _bad_request("a JSON object of at most one MiB is needed")

    async def rotation(self, _request: Request) -> Response:
        return JSONResponse({"kid": self._server.keys.rotate()})

    def _answer(self, wanted: IssuerRequest, *, subject: str | None, acr: str) -> Response:
        person = self._server.directory.person(subject or "")
        if person is None:
            return self._server.authorise(wanted, None)
        now = int(self._server.time())
        return self._server.authorise(wanted, SignIn(person.subject, acr=acr, auth_time=now))

    def _refusal(self, error: OAuth2Error) -> Response:
        page = message_page("This request cannot be served", error.error or "invalid_request")
        shown = HTMLResponse(page, status_code=400, headers=PAGE_HEADERS)
        return self._server.refuse(error) or shown


_NO_STORE: Final = {"Cache-Control": "no-store"}


def _bad_request(description: str) -> Response:
    return JSONResponse(
        {"error": "invalid_request", "error_description": description},
        status_code=400,
        headers=_NO_STORE,
    )


async def _body(request: Request) -> bytes | None:
    raw = bytearray()
    async for piece in request.stream():
        raw += piece
        if len(raw) > _MAX_BODY:
            return None
    return bytes(raw)


async def _read(request: Request) -> IssuerRequest | None:
    """Read a request whole, as Authlib needs it; None when it is too large or no form."""
    raw = await _body(request)
    media_type = request.headers.get("content-type", _FORM).partition(";")[0].strip().lower()
    if raw is None or (raw and media_type != _FORM):
        return None
    try:
        query = parse_qs(request.url.query, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
        form = parse_qs(raw.decode("ascii"), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        return None
    headers = {name.title(): value for name, value in request.headers.items()}
    return IssuerRequest(request.method, str(request.url), headers=headers, query=query, form=form)
