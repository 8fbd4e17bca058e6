"""One learner of a form, checked over HTTP by every rule of a year, beside the same rules alone.

A real process of ilr-validator on a real database, with the reference data that ships. Nothing is
asserted here.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson
from tests.performance import gateway

import ilr_validator
from ilr_validator.adapters.reference.snapshot import load_snapshot
from ilr_validator.application.check_learner import LearnerCheck, Occasion
from ilr_validator.packs.pack import load
from ilr_validator.packs.record_model import load_record_model
from matricula_chassis.clock import SystemClock
from matricula_chassis.crypto import FileKeyEncryptionKey
from matricula_localstack.provision import DatabaseUrls
from matricula_testkit.ilr.learners import learner
from matricula_testkit.servers import DatabaseFactory, TestRun, postgres_for
from matricula_testkit.tokens import TEST_UKPRN, TokenMint

YEAR: Final = "2025-26"
REQUESTS: Final = 600
MOST_AIMS: Final = 98
SAMPLE: Final = Path(next(iter(ilr_validator.__path__))) / "reference_sample"
OCCASION: Final = Occasion(TEST_UKPRN, datetime(2026, 2, 4, 12, tzinfo=UTC), "R06")


@contextmanager
def service(urls: DatabaseUrls, mint: TokenMint) -> Iterator[int]:
    """Run ilr-validator; yields its port."""
    port, health, stub, issuer = (gateway.free_port() for _ in range(4))
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder) / "keys.json"
        FileKeyEncryptionKey(keys, create=True)
        environment = {
            "ILR_VALIDATOR_DATABASE_URL": urls.app,
            "ILR_VALIDATOR_KEY_FILE": str(keys),
            "ILR_VALIDATOR_INDEX_KEY": "0f" * 32,
            "ILR_VALIDATOR_STORAGE_DIRECTORY": f"{folder}/files",
            "ILR_VALIDATOR_REFERENCE_DIRECTORY": str(SAMPLE),
            "ILR_VALIDATOR_PORT": str(port),
            "ILR_VALIDATOR_HEALTH_PORT": str(health),
            "KAFKA_BOOTSTRAP": "127.0.0.1:9",
            "OIDC_ISSUER": "http://127.0.0.1:9",
            "GATEWAY_JWKS_URL": f"http://127.0.0.1:{issuer}/jwks",
        }
        stubs = (sys.executable, str(gateway.HERE), "stubs", str(stub), str(issuer))
        ours = (sys.executable, "-m", "ilr_validator", "serve")
        with (
            gateway.process(*stubs, json.dumps(mint.jwks)),
            gateway.process(*ours, **environment),
        ):
            gateway.until_ok(f"http://127.0.0.1:{port}/readyz")
            yield port


def requests(mint: TokenMint, records: Sequence[Mapping[str, Any]]) -> list[bytes]:
    """Return a request for each record, each with a token of its own."""
    made = []
    for record in records:
        body = orjson.dumps({"record": record, "academic_year": YEAR})
        token = mint.token(audience="ilr-validator", roles=["training_coordinator"])
        head = (
            "POST /v1/learner-checks HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


def rules_alone(records: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Check the same learners in this process, one by one; returns milliseconds."""
    snapshot, pack = load_snapshot(SAMPLE), load(YEAR)
    lists = snapshot.code_lists.over(pack.code_lists)
    model = load_record_model(YEAR)
    check = LearnerCheck(pack, model, code_lists=lists, reference=snapshot.tables)
    check.judge(records[:20], OCCASION)
    taken = []
    for record in records:
        began = time.perf_counter()
        check.judge([record], OCCASION)
        taken.append(1000 * (time.perf_counter() - began))
    ordered = sorted(taken)
    return {"p50_ms": statistics.median(ordered), "p99_ms": ordered[int(len(ordered) * 0.99)]}


def many_aims() -> dict[str, Any]:
    """Return a learner with as many aims as there may be."""
    one = learner(1, 3)
    aim = one["LearningDelivery"][0]
    numbers = range(1, MOST_AIMS + 1)
    return {**one, "LearningDelivery": [{**aim, "AimSeqNumber": number} for number in numbers]}


async def run(count: int = REQUESTS) -> list[dict[str, Any]]:
    """Measure and return one row for each figure."""
    run_of_bench = TestRun.begin()
    factory = DatabaseFactory(postgres_for(run_of_bench), run_of_bench)
    mint = TokenMint(SystemClock())
    usual = [learner(1, index) for index in range(count)]
    large = [many_aims()] * (count // 10)
    with service(factory("ilr_validator"), mint) as port:
        await gateway.load(port, requests(mint, usual[:50]), connections=1, count=50)
        found = await gateway.load(port, requests(mint, usual), connections=1, count=count)
        wide = await gateway.load(port, requests(mint, large), connections=1, count=len(large))
    alone, alone_wide = rules_alone(usual), rules_alone(large)
    return [
        _row("live check of one learner over HTTP: median", found["p50_ms"], alone["p50_ms"]),
        _row("live check of one learner over HTTP: p99", found["p99_ms"], alone["p99_ms"]),
        _row("live check of a learner with 98 aims: p99", wide["p99_ms"], alone_wide["p99_ms"]),
    ]


def _row(name: str, value: float, alone: float) -> dict[str, Any]:
    return {
        "name": name,
        "unit": "ms",
        "value": round(value, 1),
        "baseline": "the rules alone, in one process",
        "baseline_value": round(alone, 1),
        "ratio": round(value / alone, 2),
    }


if __name__ == "__main__":
    for row in asyncio.run(run()):
        print(json.dumps(row, ensure_ascii=False))
