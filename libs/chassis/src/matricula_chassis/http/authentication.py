"""The small port through which an endpoint learns who is calling.

What a token is and when it is believed is the business of `matricula_chassis.auth`.
"""

from typing import Final, Protocol

from starlette.requests import HTTPConnection

from matricula_chassis.errors import Unauthenticated

_CALLER: Final = "matricula.caller"


class Caller(Protocol):
    """What HTTP needs to know of a caller."""

    @property
    def client_id(self) -> str:
        """Return the OAuth client that the request came through."""
        ...


class Authenticator(Protocol):
    """Says who is calling; raises Unauthenticated, or Unavailable when it cannot be known."""

    async def __call__(self, request: HTTPConnection, /) -> Caller:
        """Return the caller of a request."""
        ...


class OncePerRequest:
    """An authenticator that remembers its answer for the rest of the request."""

    def __init__(self, authenticate: Authenticator | None) -> None:
        self._authenticate = authenticate

    async def __call__(self, request: HTTPConnection, /) -> Caller:
        """Return the caller; without an authenticator nobody is believed."""
        known: Caller | None = request.scope.get(_CALLER)
        if known is not None:
            return known
        if self._authenticate is None:
            raise Unauthenticated("unauthenticated")
        caller = await self._authenticate(request)
        request.scope[_CALLER] = caller
        return caller


async def authenticated(request: HTTPConnection) -> Caller:
    """Return the caller of a request of an app made by `create_app`."""
    authenticate: Authenticator = request.app.state.authenticate
    return await authenticate(request)
