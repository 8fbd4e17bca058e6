"""DEV ONLY: Authlib's authorisation server with the grants that the platform uses.

Client credentials, codes with PKCE (S256 only) and rotating refresh tokens; nothing implicit, no
passwords. Authlib works synchronously, so the app reads a request whole before it comes here.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, cast
from uuid import uuid4

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import OAuth2Error, OAuth2Payload, OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from authlib.oauth2.rfc6749.grants import (
    AuthorizationCodeGrant,
    ClientCredentialsGrant,
    RefreshTokenGrant,
)
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from authlib.oauth2.rfc7636 import CodeChallenge
from joserfc.jwk import KeySet
from starlette.responses import JSONResponse, RedirectResponse, Response

from matricula_localstack.issuer.directory import Client, Directory
from matricula_localstack.issuer.grants_store import (
    CODE_SECONDS,
    Code,
    Family,
    GrantsStore,
    SignIn,
    new_family,
)
from matricula_localstack.issuer.signing_keys import KeyRing

ACCESS_SECONDS: Final = 300
CLIENT_METHODS: Final = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
Parameters = Mapping[str, list[str]]


class InvalidTargetError(OAuth2Error):  # type: ignore[misc]  # Authlib is untyped
    """The audience asked for is not one of the client's (RFC 8707 section 2)."""

    error = "invalid_target"


class _Payload(OAuth2Payload):  # type: ignore[misc]  # Authlib is untyped
    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters

    @property
    def data(self) -> dict[str, str]:
        return {name: values[0] for name, values in self._parameters.items()}

    @property
    def datalist(self) -> Parameters:
        return self._parameters


class IssuerRequest(OAuth2Request):  # type: ignore[misc]  # Authlib is untyped
    """A request that has been read: query for the authorisation page, form for tokens."""

    def __init__(
        self,
        method: str,
        uri: str,
        *,
        headers: Mapping[str, str],
        query: Parameters,
        form: Parameters,
    ) -> None:
        super().__init__(method, uri, headers=headers)
        self._query, self._form = _Payload(query), _Payload(form)
        self.payload = self._form if form else self._query

    def use_query(self) -> None:
        """Read the authorisation request from the query, also when a form answers it."""
        self.payload = self._query

    @property
    def args(self) -> dict[str, str]:
        """The query."""
        return self._query.data

    @property
    def form(self) -> dict[str, str]:
        """The form."""
        return self._form.data


class _OurGrant:
    """Makes the tokens of every grant: RFC 9068, one audience."""

    server: "IssuerServer"
    request: IssuerRequest

    def issue(self, sign_in: SignIn | None, *, audience: str | None = None) -> dict[str, Any]:
        client = cast("Client", self.request.client)
        return self.server.access_token(client, sign_in, audience=audience or self.audience())

    def audience(self) -> str:
        client = cast("Client", self.request.client)
        asked = self.request.payload.datalist
        wanted = [*asked.get("audience", []), *asked.get("resource", [])]
        if len(set(wanted)) > 1:
            raise InvalidTargetError(description="One audience at a time.")
        audience = wanted[0] if wanted else client.audiences[0]
        if audience not in client.audiences:
            raise InvalidTargetError(description="The client may not ask for this audience.")
        return audience


class _ClientCredentials(_OurGrant, ClientCredentialsGrant):  # type: ignore[misc]  # Authlib is untyped
    TOKEN_ENDPOINT_AUTH_METHODS: Final = CLIENT_METHODS

    def generate_token(self, **_options: Any) -> dict[str, Any]:
        return self.issue(None)


class _AuthorizationCode(_OurGrant, AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib is untyped
    TOKEN_ENDPOINT_AUTH_METHODS: Final = ["none", *CLIENT_METHODS]

    def save_authorization_code(self, code: str, request: IssuerRequest) -> None:
        stated = request.args
        self.server.store.add_code(
            code,
            Code(
                client_id=request.client.client_id,
                redirect_uri=stated["redirect_uri"],
                code_challenge=stated["code_challenge"],
                code_challenge_method=stated["code_challenge_method"],
                sign_in=cast("SignIn", request.user),
                family=new_family(),
                expires_at=self.server.time() + CODE_SECONDS,
            ),
        )

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        return self.server.store.code(code, client_id=client.client_id)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        self.server.store.spend_code(authorization_code)

    def authenticate_user(self, authorization_code: Code) -> SignIn | None:
        return self.server.still_there(authorization_code.sign_in)

    def generate_token(self, *, user: SignIn, **_options: Any) -> dict[str, Any]:
        code: Code = self.request.authorization_code
        audience = self.audience()
        refresh_token = self.server.store.start_family(
            code.family, client_id=code.client_id, sign_in=user, audience=audience
        )
        return {**self.issue(user, audience=audience), "refresh_token": refresh_token}


class _Refresh(_OurGrant, RefreshTokenGrant):  # type: ignore[misc]  # Authlib is untyped
    TOKEN_ENDPOINT_AUTH_METHODS: Final = ["none", *CLIENT_METHODS]

    def authenticate_refresh_token(self, refresh_token: str) -> Family | None:
        return self.server.store.family_of(refresh_token)

    def authenticate_user(self, refresh_token: Family) -> SignIn | None:
        return self.server.still_there(refresh_token.sign_in)

    def generate_token(self, *, user: SignIn, **_options: Any) -> dict[str, Any]:
        family: Family = self.request.refresh_token
        return {
            **self.issue(user, audience=family.audience),
            "refresh_token": self.server.store.turn(family),
        }

    def revoke_old_credential(self, refresh_token: Family) -> None:
        """Do nothing: `turn` has spent the old token already."""


class _ProofKey(CodeChallenge):  # type: ignore[misc]  # Authlib is untyped
    """PKCE for every client, S256 only."""

    DEFAULT_CODE_CHALLENGE_METHOD = None
    SUPPORTED_CODE_CHALLENGE_METHOD: Final = ["S256"]

    def validate_code_challenge(self, grant: AuthorizationCodeGrant, redirect_uri: str) -> None:
        stated = grant.request.payload.data
        if "code_challenge" not in stated or stated.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE with S256 is required")
        super().validate_code_challenge(grant, redirect_uri)


class _PrivateKeyJwt(JWTBearerClientAssertion):  # type: ignore[misc]  # Authlib is untyped
    """A client that signs an assertion with its own key (RFC 7523)."""

    CLIENT_AUTH_METHOD = "private_key_jwt"

    def __init__(self, server: "IssuerServer") -> None:
        super().__init__()
        self._server = server
        self._seen: dict[tuple[str, str], float] = {}

    def get_audiences(self) -> list[str]:
        return [self._server.issuer, f"{self._server.issuer}/token"]

    def validate_jti(self, claims: Mapping[str, Any], jti: str) -> bool:
        now = self._server.time()
        self._seen = {key: until for key, until in self._seen.items() if until > now}
        key = (str(claims["sub"]), str(jti))
        if key in self._seen:
            return False
        self._seen[key] = float(claims["exp"]) + self.leeway
        return True

    def resolve_client_public_key(self, client: Client) -> KeySet:
        if client.jwks is None:
            raise InvalidRequestError("the client has no key set")
        return KeySet.import_key_set(cast("Any", client.jwks))


class IssuerServer(AuthorizationServer):  # type: ignore[misc]  # Authlib is untyped
    """The authorisation server of one issuer."""

    def __init__(
        self,
        issuer: str,
        *,
        directory: Directory,
        store: GrantsStore,
        keys: KeyRing,
        time: Callable[[], float],
    ) -> None:
        super().__init__()
        self.issuer = issuer
        self.directory = directory
        self.store = store
        self.keys = keys
        self.time = time
        self.authenticate_client_methods()
        self.register_grant(_ClientCredentials)
        self.register_grant(_AuthorizationCode, [_ProofKey(required=True)])
        self.register_grant(_Refresh)

    def authenticate_client_methods(self) -> None:
        """Register the one method of client authentication that Authlib does not bring along."""
        self.register_client_auth_method("private_key_jwt", _PrivateKeyJwt(self))

    def access_token(
        self, client: Client, sign_in: SignIn | None, *, audience: str
    ) -> dict[str, Any]:
        """Return a token response for a client, or for the person who signed in through it."""
        person = self.directory.person(sign_in.subject) if sign_in else None
        who = person or client
        now = int(self.time())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": audience,
            "sub": person.subject if person else client.client_id,
            "client_id": client.client_id,
            "roles": list(who.roles),
            "iat": now,
            "nbf": now,
            "exp": now + ACCESS_SECONDS,
            "jti": str(uuid4()),
        }
        if who.ukprn is not None:
            claims["ukprn"] = who.ukprn
        if sign_in is not None:
            claims |= {"acr": sign_in.acr, "auth_time": sign_in.auth_time}
        return {
            "token_type": "Bearer",
            "access_token": self.keys.sign(claims),
            "expires_in": ACCESS_SECONDS,
        }

    def still_there(self, sign_in: SignIn) -> SignIn | None:
        """Return the sign-in, unless its person has left the directory."""
        return sign_in if self.directory.person(sign_in.subject) else None

    def authorise(self, request: IssuerRequest, sign_in: SignIn | None) -> Response:
        """Answer a checked authorisation request; without a sign-in it is denied."""
        grant = self.get_consent_grant(request, end_user=sign_in)
        answer = self.create_authorization_response(request, grant_user=sign_in, grant=grant)
        return self._named(cast("Response", answer))

    def refuse(self, error: OAuth2Error) -> Response | None:
        """Send a refused visitor back where that is safe; None where no address is proved."""
        if not getattr(error, "redirect_uri", None):
            return None
        return self._named(cast("Response", self.handle_error_response(None, error)))

    def _named(self, answer: Response) -> Response:
        location = answer.headers.get("location")
        if location:
            # RFC 9207: the answer says who gives it.
            answer.headers["location"] = add_params_to_uri(location, {"iss": self.issuer})
        return answer

    # What Authlib leaves to a framework.

    def query_client(self, client_id: str) -> Client | None:
        """Return a client of the directory."""
        return self.directory.client(client_id)

    def save_token(self, _token: Mapping[str, Any], _request: IssuerRequest) -> None:
        """Keep nothing: access tokens prove themselves, families are in the store."""

    def send_signal(self, _name: str, *_args: Any, **_kwargs: Any) -> None:
        """Tell nobody."""

    def create_oauth2_request(self, request: IssuerRequest) -> IssuerRequest:
        """Return the request: it was made by the app."""
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> Response:
        """Turn Authlib's answer into a response that nobody keeps."""
        kept = {**dict(headers), "Cache-Control": "no-store"}
        if "Location" in kept:
            return RedirectResponse(kept.pop("Location"), status_code=303, headers=kept)
        return JSONResponse(body, status_code=status, headers=kept)
