"""The peer of the gateway's benchmark: the same decisions and records, on FastAPI with httpx.

Uses the gateway's own parts for everything but HTTP, so that only the way of serving and
forwarding differs. Started by gateway.py: `gateway_peer.py PORT`.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import httpx
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import StreamingResponse

from matricula_chassis.auth.key_sets import DiscoveredJwks, RemoteKeySet
from matricula_chassis.auth.metadata import issuer_client
from matricula_chassis.auth.permissions import Policy
from matricula_chassis.auth.tokens import TokenVerifier, TrustedIssuer
from matricula_chassis.clock import SystemClock
from matricula_chassis.ids import SystemIds
from matricula_contracts import policy as policy_contract
from matricula_gateway.adapters.events.spool import Spool
from matricula_gateway.adapters.keys.key_ring import ensure_key_ring
from matricula_gateway.adapters.keys.signing import RotatingSigner
from matricula_gateway.application.decisions import Occasion, encode_decision
from matricula_gateway.application.sessions import Session, SessionTable
from matricula_gateway.domain.rates import RateLimiter
from matricula_gateway.settings import GatewaySettings

SETTINGS = GatewaySettings()
CLOCK, IDS = SystemClock(), SystemIds()
POLICY = Policy.from_document(policy_contract.DOCUMENT)
OPERATION = POLICY.operation("get_learner")
SESSIONS = SessionTable(policy=POLICY, size=10_000, life_seconds=60)
LIMITER = RateLimiter()
PARTS: dict[str, Any] = {}
PASSED = ("accept", "content-type", "if-match", "idempotency-key")


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Build what the requests need."""
    async with issuer_client() as issuer, httpx.AsyncClient() as client:
        keys = RemoteKeySet(DiscoveredJwks(SETTINGS.oidc_issuer, client=issuer), clock=CLOCK)
        await keys.refresh()
        spool = Spool(SETTINGS.spool_directory, ids=IDS, max_bytes=1 << 30)
        ring = ensure_key_ring(SETTINGS.key_file, now=CLOCK.now(), ids=IDS)
        PARTS.update(
            verifier=TokenVerifier([TrustedIssuer(SETTINGS.oidc_issuer, keys)], clock=CLOCK),
            spool=spool,
            client=client,
            signer=RotatingSigner(
                SETTINGS.key_file, ring, issuer="matricula-gateway", clock=CLOCK, ids=IDS
            ),
        )
        syncing = asyncio.get_running_loop().create_task(spool.run())
        yield
        syncing.cancel()
        spool.close()


app = FastAPI(lifespan=lifespan)


async def session(request: Request) -> Session:
    """Verify the token, decide by the policy and count against the limit."""
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    now = CLOCK.now().timestamp()
    found = SESSIONS.get(token.encode(), now=now)
    if found is None:
        claims = await PARTS["verifier"].verify(token, audience=SETTINGS.audience)
        found = SESSIONS.add(token.encode(), claims, now=now)
    if not found.decide(OPERATION, None).allowed:
        raise HTTPException(403)
    key = (found.rate_key, OPERATION.name)
    if LIMITER.take(key, 1_000_000, now=time.monotonic()).retry_after is not None:
        raise HTTPException(429)
    return found


@app.get("/livez")
async def livez() -> str:
    """Say that the process answers."""
    return "alive"


@app.get("/v1/learners/{learner_id}")
async def forward(
    request: Request, learner_id: str, known: Annotated[Session, Depends(session)]
) -> StreamingResponse:
    """Send the request on, record the decision and stream the answer back."""
    correlation = str(IDS.uuid7())
    internal = known.internal_token(
        "learner-api", None, signer=PARTS["signer"], now=time.monotonic()
    )
    headers = {name: value for name, value in request.headers.items() if name in PASSED}
    headers["authorization"] = f"Bearer {internal.decode()}"
    headers["x-correlation-id"] = correlation
    client: httpx.AsyncClient = PARTS["client"]
    url = f"{SETTINGS.learner_api_url}/v1/learners/{learner_id}"
    answer = await client.send(client.build_request("GET", url, headers=headers), stream=True)
    ruling = known.decide(OPERATION, None)
    PARTS["spool"].append(
        encode_decision(
            Occasion(IDS.uuid7(), CLOCK.now(), correlation, None), ruling, operation=OPERATION,
            claims=known.claims, purpose=None, status=answer.status_code, policy_version="bench",
        )
    )  # fmt: skip

    async def body() -> AsyncIterator[bytes]:
        async for part in answer.aiter_raw():
            yield part
        await answer.aclose()

    kept = {name: answer.headers[name] for name in ("content-type", "content-length")}
    return StreamingResponse(body(), status_code=answer.status_code, headers=kept)


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)
