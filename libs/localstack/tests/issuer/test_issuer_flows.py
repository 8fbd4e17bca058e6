"""The development issuer: every flow, and what it refuses."""
# lint-skip: file-size the flows of one issuer share its browser, clock and clients

import asyncio
import base64
import hashlib
import json
import stat
import sys
import time as system_time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt as pyjwt
import pytest
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import ECKey
from typer.testing import CliRunner

from matricula_contracts.policy import DOCUMENT
from matricula_localstack.issuer.__main__ import app
from matricula_localstack.issuer.app import create_issuer
from matricula_localstack.issuer.directory import SCRIPT_CLIENT, SCRIPT_REDIRECT
from matricula_localstack.issuer.loopback import NotLoopback, require_loopback
from matricula_localstack.issuer.scripted import (
    IssuerRefusedError,
    client_token,
    person_tokens,
    upsert,
)
from matricula_localstack.ports import free_ports

ISSUER = "http://127.0.0.1:8090"
ROLES = {
    "training_coordinator": {"label": "Training coordinator", "kind": "person"},
    "auditor": {"label": "Auditor", "kind": "person"},
    "partner": {"label": "Partner", "kind": "machine"},
    "service": {"label": "Service", "kind": "machine"},
}
SERVICES: dict[str, object] = {"learner-api": {}, "consent-registry": {}}
VERIFIER = "v" * 64
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)


class Time:
    def __init__(self) -> None:
        self.now = system_time.time()

    def __call__(self) -> float:
        return self.now


def issuer_at(home: Path, time: Time | None = None) -> httpx.AsyncClient:
    app = create_issuer(home, issuer=ISSUER, roles=ROLES, services=SERVICES, time=time or Time())
    transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 50_000))
    return httpx.AsyncClient(transport=transport, base_url=ISSUER)


def secret_of(home: Path, client_id: str) -> str:
    return (home / "clients" / f"{client_id}.secret").read_text().strip()


async def verified(client: httpx.AsyncClient, token: str, audience: str) -> dict[str, Any]:
    jwks = (await client.get("/jwks")).json()
    kid = pyjwt.get_unverified_header(token)["kid"]
    [key] = [one for one in jwks["keys"] if one["kid"] == kid]
    return pyjwt.decode(
        token, pyjwt.PyJWK(key), algorithms=["ES256"], audience=audience, issuer=ISSUER
    )


def authorisation(**changes: str | None) -> dict[str, str]:
    stated = {
        "response_type": "code",
        "client_id": SCRIPT_CLIENT,
        "redirect_uri": SCRIPT_REDIRECT,
        "state": "a-state",
        "prompt": "none",
        "login_hint": "auditor-1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return {name: value for name, value in stated.items() if value is not None}


async def code_of(client: httpx.AsyncClient, **changes: str | None) -> str:
    answer = await client.get("/authorize", params=authorisation(**changes))
    return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]


def exchange(code: str, **changes: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "client_id": SCRIPT_CLIENT,
        "redirect_uri": SCRIPT_REDIRECT,
        "code": code,
        "code_verifier": VERIFIER,
        **changes,
    }


async def test_metadata_names_the_issuer_at_both_addresses(tmp_path: Path) -> None:
    async with issuer_at(tmp_path) as client:
        for name in ("oauth-authorization-server", "openid-configuration"):
            document = (await client.get(f"/.well-known/{name}")).json()
            assert document["issuer"] == ISSUER
            assert document["code_challenge_methods_supported"] == ["S256"]
            assert "implicit" not in document["grant_types_supported"]


async def test_published_keys_have_no_private_part_and_include_the_next_key(tmp_path: Path) -> None:
    async with issuer_at(tmp_path) as client:
        keys = (await client.get("/jwks")).json()["keys"]
        assert len(keys) == 2
        assert all("d" not in key and key["alg"] == "ES256" for key in keys)


async def test_a_partner_gets_a_token_in_rfc_9068_shape(tmp_path: Path) -> None:
    async with issuer_at(tmp_path) as client:
        secret = secret_of(tmp_path, "partner-1")
        token = await client_token(client, ISSUER, client_id="partner-1", secret=secret)
        assert pyjwt.get_unverified_header(token)["typ"] == "at+jwt"
        claims = await verified(client, token, "matricula-gateway")
        assert claims["sub"] == claims["client_id"] == "partner-1"
        assert claims["ukprn"] == 10_000_001
        assert claims["roles"] == ["partner"]
        assert claims["exp"] - claims["iat"] == 300
        assert claims["jti"]


async def test_a_secret_in_the_header_works_and_a_wrong_one_does_not(tmp_path: Path) -> None:
    async with issuer_at(tmp_path) as client:
        form = {"grant_type": "client_credentials"}
        good = httpx.BasicAuth("partner-1", secret_of(tmp_path, "partner-1"))
        assert (await client.post("/token", data=form, auth=good)).status_code == 200
        bad = httpx.BasicAuth("partner-1", "wrong")
        refused = await client.post("/token", data=form, auth=bad)
        assert refused.status_code == 401
        assert refused.json()["error"] == "invalid_client"


async def test_a_service_gets_tokens_for_another_service_and_for_nothing_unlisted(
    tmp_path: Path,
) -> None:
    async with issuer_at(tmp_path) as client:
        secret = secret_of(tmp_path, "learner-api")
        token = await client_token(
            client, ISSUER, client_id="learner-api", secret=secret, audience="consent-registry"
        )
        assert (await verified(client, token, "consent-registry"))["roles"] == ["service"]
        with pytest.raises(IssuerRefusedError) as refused:
            await client_token(
                client, ISSUER, client_id="learner-api", secret=secret, audience="matricula-gateway"
            )
        assert refused.value.code == "invalid_target"


async def test_a_person_signs_in_from_a_script(tmp_path: Path) -> None:
    async with issuer_at(tmp_path) as client:
        tokens = await person_tokens(
            client, ISSUER, subject="training-coordinator-1", second_factor=True
        )
        claims = await verified(client, tokens["access_token"], "matricula-gateway")
        assert claims["sub"] == "training-coordinator-1"
        assert claims["roles"] == ["training_coordinator"]
        assert claims["acr"] == "mfa"
        assert claims["client_id"] == SCRIPT_CLIENT


async def test_an_unknown_person_is_sent_back_with_access_denied(tmp_path: Path) -> None:
    async with issuer_at(tmp_path) as client:
        with pytest.raises(IssuerRefusedError) as refused:
            await person_tokens(client, ISSUER, subject="nobody-1")
        assert refused.value.code == "access_denied"


async def test_the_page_lists_everybody_with_labels_and_language(tmp_path: Path) -> None:
    async with issuer_at(tmp_path) as client:
        answer = await client.get("/authorize", params=authorisation(prompt=None))
        assert answer.status_code == 200
        page = answer.text
        assert '<html lang="en-GB">' in page
        assert "Development only" in page
        assert page.count('type="radio"') == page.count("<label>") - 1 == 4
        assert 'value="auditor-1" required checked' in page
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_a_person_chosen_on_the_page_gets_a_code(tmp_path: Path) -> None:
    async with issuer_at(tmp_path) as client:
        answer = await client.post(
            "/authorize",
            params=authorisation(prompt=None, login_hint=None),
            data={"person": "auditor-2", "answer": "continue"},
        )
        sent_back = parse_qs(urlsplit(answer.headers["location"]).query)
        assert answer.status_code == 303
        assert sent_back["state"] == ["a-state"]
        assert sent_back["iss"] == [ISSUER]
        tokens = (await client.post("/token", data=exchange(sent_back["code"][0]))).json()
        claims = await verified(client, tokens["access_token"], "matricula-gateway")
        assert (claims["sub"], claims["acr"]) == ("auditor-2", "pwd")


async def test_cancelling_on_the_page_denies_access(tmp_path: Path) -> None:
    async with issuer_at(tmp_path) as client:
        answer = await client.post(
            "/authorize",
            params=authorisation(prompt=None),
            data={"person": "auditor-2", "answer": "cancel"},
        )
        assert "error=access_denied" in answer.headers["location"]
        assert "code=" not in answer.headers["location"]


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge": "short"},
    ],
)
async def test_an_authorisation_without_s256_is_refused(
    tmp_path: Path, changes: dict[str, str | None]
) -> None:
    async with issuer_at(tmp_path) as client:
        answer = await client.get("/authorize", params=authorisation(**changes))
        assert "error=invalid_request" in answer.headers["location"]
        assert "code=" not in answer.headers["location"].partition("?")[2].replace(
            "error_", ""
        ).replace("code_challenge", "")


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": SCRIPT_REDIRECT + "/"},
        {"redirect_uri": "https://elsewhere.test/"},
        {"redirect_uri": None},
        {"client_id": "nobody"},
        {"client_id": None},
    ],
)
async def test_nobody_is_sent_to_an_address_that_is_not_registered(
    tmp_path: Path, changes: dict[str, str | None]
) -> None:
    async with issuer_at(tmp_path) as client:
        answer = await client.get("/authorize", params=authorisation(**changes))
        assert answer.status_code == 400
        assert "location" not in answer.headers


async def test_other_response_types_are_refused(tmp_path: Path) -> None:
    async with issuer_at(tmp_path) as client:
        answer = await client.get("/authorize", params=authorisation(response_type="token"))
        assert "error=unsupported_response_type" in answer.headers["location"]


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "w" * 64},
        {"code_verifier": "short"},
        {"redirect_uri": "https://elsewhere.test/"},
        {"code": "unknown"},
    ],
)
async def test_a_code_needs_its_verifier_and_its_address(
    tmp_path: Path, changes: dict[str, str | None]
) -> None:
    async with issuer_at(tmp_path) as client:
        code = await code_of(client)
        answer = await client.post("/token", data={**exchange(code), **changes})
        assert answer.status_code == 400
        assert "access_token" not in answer.json()


async def test_a_code_lives_a_minute(tmp_path: Path) -> None:
    time = Time()
    async with issuer_at(tmp_path, time) as client:
        code = await code_of(client)
        time.now += 60
        answer = await client.post("/token", data=exchange(code))
        assert answer.json()["error"] == "invalid_grant"


async def test_a_code_used_twice_ends_what_came_of_it(tmp_path: Path) -> None:
    async with issuer_at(tmp_path) as client:
        code = await code_of(client)
        tokens = (await client.post("/token", data=exchange(code))).json()
        again = await client.post("/token", data=exchange(code))
        assert again.json()["error"] == "invalid_grant"
        assert (await refresh(client, tokens["refresh_token"])).status_code == 400


async def refresh(client: httpx.AsyncClient, token: str) -> httpx.Response:
    form = {"grant_type": "refresh_token", "client_id": SCRIPT_CLIENT, "refresh_token": token}
    return await client.post("/token", data=form)


async def test_refresh_tokens_rotate_and_keep_the_person(tmp_path: Path) -> None:
    async with issuer_at(tmp_path) as client:
        first = await person_tokens(client, ISSUER, subject="auditor-1", second_factor=True)
        second = (await refresh(client, first["refresh_token"])).json()
        assert second["refresh_token"] != first["refresh_token"]
        claims = await verified(client, second["access_token"], "matricula-gateway")
        assert (claims["sub"], claims["acr"]) == ("auditor-1", "mfa")
        assert (await refresh(client, second["refresh_token"])).status_code == 200


async def test_a_refresh_token_used_twice_ends_the_whole_family(tmp_path: Path) -> None:
    async with issuer_at(tmp_path) as client:
        first = await person_tokens(client, ISSUER, subject="auditor-1")
        second = (await refresh(client, first["refresh_token"])).json()
        stolen = await refresh(client, first["refresh_token"])
        assert stolen.json()["error"] == "invalid_grant"
        assert (await refresh(client, second["refresh_token"])).json()["error"] == "invalid_grant"


async def test_a_refresh_token_survives_a_restart_and_ends_after_eight_hours(
    tmp_path: Path,
) -> None:
    time = Time()
    async with issuer_at(tmp_path, time) as client:
        tokens = await person_tokens(client, ISSUER, subject="auditor-1")
    async with issuer_at(tmp_path, time) as client:
        renewed = (await refresh(client, tokens["refresh_token"])).json()
        time.now += 8 * 3600
        assert (await refresh(client, renewed["refresh_token"])).status_code == 400


async def test_a_rotated_key_still_verifies_and_the_new_one_was_published_before(
    tmp_path: Path,
) -> None:
    async with issuer_at(tmp_path) as client:
        before = (await person_tokens(client, ISSUER, subject="auditor-1"))["access_token"]
        published = {key["kid"] for key in (await client.get("/jwks")).json()["keys"]}
        kid = (await client.post("/dev/keys/rotation")).json()["kid"]
        assert kid in published
        after = (await person_tokens(client, ISSUER, subject="auditor-1"))["access_token"]
        assert pyjwt.get_unverified_header(after)["kid"] == kid
        assert pyjwt.get_unverified_header(before)["kid"] != kid
        for token in (before, after):
            await verified(client, token, "matricula-gateway")


async def test_tokens_survive_a_restart(tmp_path: Path) -> None:
    async with issuer_at(tmp_path) as client:
        await client.post("/dev/keys/rotation")
        token = (await person_tokens(client, ISSUER, subject="auditor-1"))["access_token"]
        secret = secret_of(tmp_path, "partner-1")
    async with issuer_at(tmp_path) as client:
        await verified(client, token, "matricula-gateway")
        await client_token(client, ISSUER, client_id="partner-1", secret=secret)


async def test_the_directory_takes_a_partner_for_any_ukprn(tmp_path: Path) -> None:
    async with issuer_at(tmp_path) as client:
        document = {
            "clients": [
                {
                    "client_id": "partner-10009999",
                    "label": "Partner of another provider",
                    "roles": ["partner"],
                    "ukprn": 10_009_999,
                }
            ],
            "people": [
                {
                    "subject": "auditor-10009999",
                    "label": "Auditor of another provider",
                    "roles": ["auditor"],
                    "ukprn": 10_009_999,
                }
            ],
        }
        [entry] = (await upsert(client, ISSUER, document))["clients"]
        [again] = (await upsert(client, ISSUER, document))["clients"]
        assert again["secret"] == entry["secret"]
        token = await client_token(
            client, ISSUER, client_id=entry["client_id"], secret=entry["secret"]
        )
        assert (await verified(client, token, "matricula-gateway"))["ukprn"] == 10_009_999
        person = await person_tokens(client, ISSUER, subject="auditor-10009999")
        claims = await verified(client, person["access_token"], "matricula-gateway")
        assert claims["ukprn"] == 10_009_999


@pytest.mark.parametrize(
    "document",
    [
        [],
        {"surprise": []},
        {"people": [{"subject": "x"}]},
        {"people": [{"subject": "a b", "label": "A", "roles": []}]},
        {"people": [{"subject": "ab", "label": "A", "roles": "auditor"}]},
        {"people": [{"subject": "ab", "label": "A", "roles": [], "ukprn": 1}]},
        {"clients": [{"client_id": "ab", "label": "A", "auth_method": "magic"}]},
        {"clients": [{"client_id": "ab", "label": "A", "auth_method": "private_key_jwt"}]},
        {"clients": [{"client_id": "../ab", "label": "A"}]},
    ],
)
async def test_a_malformed_entry_changes_nothing(tmp_path: Path, document: object) -> None:
    async with issuer_at(tmp_path) as client:
        before = (await client.get("/dev/directory")).json()
        assert (await client.post("/dev/directory", json=document)).status_code == 400
        assert (await client.get("/dev/directory")).json() == before


async def test_the_directory_shows_no_secret(tmp_path: Path) -> None:
    async with issuer_at(tmp_path) as client:
        shown = (await client.get("/dev/directory")).text
        for file in (tmp_path / "clients").iterdir():
            assert file.read_text().strip() not in shown


async def test_a_client_may_sign_with_its_own_key(tmp_path: Path) -> None:
    time = Time()
    key = ECKey.generate_key("P-256", auto_kid=True)
    async with issuer_at(tmp_path, time) as client:
        entry = {
            "client_id": "partner-key",
            "label": "Partner with a key",
            "roles": ["partner"],
            "ukprn": 10_000_002,
            "auth_method": "private_key_jwt",
            "jwks": {"keys": [key.as_dict(private=False)]},
        }
        await upsert(client, ISSUER, {"clients": [entry]})

        def form(**changes: object) -> dict[str, str]:
            claims = {
                "iss": "partner-key",
                "sub": "partner-key",
                "aud": f"{ISSUER}/token",
                "exp": int(time.now) + 60,
                "jti": "one",
                **changes,
            }
            assertion = joserfc_jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key)
            return {
                "grant_type": "client_credentials",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": assertion,
            }

        answer = await client.post("/token", data=form())
        claims = await verified(client, answer.json()["access_token"], "matricula-gateway")
        assert (claims["client_id"], claims["ukprn"]) == ("partner-key", 10_000_002)
        for bad in (form(), form(jti="two", aud="https://elsewhere.test"), form(jti="3", iss="x")):
            refused = await client.post("/token", data=bad)
            assert refused.json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("peer", "headers"),
    [
        (("192.0.2.7", 5000), {}),
        (("127.0.0.1", 5000), {"host": "issuer.example"}),
        (("127.0.0.1", 5000), {"origin": "https://elsewhere.test"}),
    ],
)
async def test_only_this_computer_is_answered(
    tmp_path: Path, peer: tuple[str, int], headers: dict[str, str]
) -> None:
    app = create_issuer(tmp_path, issuer=ISSUER, roles=ROLES, services=SERVICES)
    transport = httpx.ASGITransport(app=app, client=peer)
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
        answer = await client.get("/jwks", headers=headers)
        assert answer.status_code == 403


@pytest.mark.parametrize(
    "host",
    [
        "0.0.0.0",  # noqa: S104 - refused
        "::",
        "192.0.2.1",
        "issuer.example",
        "",
    ],
)
def test_every_address_but_loopback_is_refused(host: str) -> None:
    with pytest.raises(NotLoopback):
        require_loopback(host)


async def test_everything_in_the_home_is_private(tmp_path: Path) -> None:
    home = tmp_path / "issuer"
    async with issuer_at(home) as client:
        await person_tokens(client, ISSUER, subject="auditor-1")
    files = [path for path in home.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"keys.json", "directory.json", "grants.json"}
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


async def test_refresh_tokens_are_not_kept_in_clear(tmp_path: Path) -> None:
    async with issuer_at(tmp_path) as client:
        tokens = await person_tokens(client, ISSUER, subject="auditor-1")
    assert tokens["refresh_token"].partition(".")[2] not in (tmp_path / "grants.json").read_text()


async def test_bodies_that_are_no_form_are_refused(tmp_path: Path) -> None:
    async with issuer_at(tmp_path) as client:
        for body, kind in (
            (json.dumps({"grant_type": "client_credentials"}), "application/json"),
            ("x=" + "y" * 1_100_000, "application/x-www-form-urlencoded"),
            ("ä".encode(), "application/x-www-form-urlencoded"),
        ):
            answer = await client.post("/token", content=body, headers={"content-type": kind})
            assert answer.status_code == 400


def test_the_command_refuses_to_listen_elsewhere(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "issuer.example"):  # noqa: S104
        ran = CliRunner().invoke(app, ["--host", host, "--home", str(tmp_path / "home")])
        assert ran.exit_code == 2
        assert "loopback only" in ran.output
        assert not (tmp_path / "home").exists()


async def test_the_command_serves_the_roles_of_the_policy_until_it_is_stopped(
    tmp_path: Path,
) -> None:
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "matricula_localstack.issuer"]
    process = await asyncio.create_subprocess_exec(
        *command, "--port", str(port), "--home", str(tmp_path), stderr=asyncio.subprocess.PIPE
    )
    try:
        issuer = f"http://127.0.0.1:{port}"
        async with asyncio.timeout(60), httpx.AsyncClient() as client:
            while not await answers(client, f"{issuer}/jwks"):
                assert process.returncode is None
                await asyncio.sleep(0.05)
            people = (await client.get(f"{issuer}/dev/directory")).json()["people"]
            roles = {role for person in people for role in person["roles"]}
            wanted = {n for n, role in DOCUMENT["roles"].items() if role["kind"] == "person"}
            assert roles == wanted
            tokens = await person_tokens(client, issuer, subject="dpo-2")
            assert tokens["access_token"]
    finally:
        process.terminate()
        _, said = await process.communicate()
    assert b"DEV ONLY" in said


async def answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == 200
    except httpx.TransportError:
        return False
