"""The listener that is not public: the key set of the internal tokens, beside probes and metrics.

Must never be reachable from outside the platform.
"""

from collections.abc import Callable
from typing import Any, Final

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

KEY_SET_PATH: Final = "/.well-known/jwks.json"


class KeySetApp:
    """Serves the public keys at one path and nothing else."""

    def __init__(self, key_set: Callable[[], dict[str, Any]]) -> None:
        self._key_set = key_set

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        await self._answer(scope)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response:
        if scope["path"] != KEY_SET_PATH:
            return Response(status_code=404)
        if scope["method"] not in {"GET", "HEAD"}:
            return Response(status_code=405, headers={"Allow": "GET, HEAD"})
        return Response(
            orjson.dumps(self._key_set()),
            media_type="application/jwk-set+json",
            headers={"Cache-Control": "max-age=10"},
        )
