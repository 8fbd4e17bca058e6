"""The gateway's own keys: only its owner reads them, and they rotate without a false refusal."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest

from matricula_chassis.clock import FixedClock
from matricula_chassis.ids import SystemIds
from matricula_gateway.adapters.keys.key_ring import (
    AFTERLIFE,
    LEAD,
    KeyRing,
    UnusableKeyFile,
    ensure_key_ring,
    load_key_ring,
    store_key_ring,
)
from matricula_gateway.adapters.keys.signing import RotatingSigner

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
IDS = SystemIds()


def signer(path: Path, clock: FixedClock, changes: list[str] | None = None) -> RotatingSigner:
    ring = ensure_key_ring(path, now=clock.now(), ids=IDS)
    return RotatingSigner(
        path, ring, issuer="matricula-gateway", clock=clock, ids=IDS,
        on_change=lambda: changes.append("changed") if changes is not None else None,
    )  # fmt: skip


def kid(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def published(one: RotatingSigner) -> set[str]:
    return {key["kid"] for key in one.jwks()["keys"]}


def test_the_first_key_is_made_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "keys.json"
    first = ensure_key_ring(path, now=NOW, ids=IDS)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ensure_key_ring(path, now=NOW, ids=IDS).signing(NOW).key_id == first.signing(NOW).key_id


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "keys.json"
    ensure_key_ring(path, now=NOW, ids=IDS)
    path.chmod(mode)
    with pytest.raises(UnusableKeyFile):
        load_key_ring(path)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"keys": []}', '{"keys": [{"kid": "a"}]}'])
def test_a_malformed_key_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(UnusableKeyFile):
        load_key_ring(path)


def test_the_public_key_set_holds_no_private_part(tmp_path: Path) -> None:
    one = signer(tmp_path / "keys.json", FixedClock(NOW))
    (key,) = one.jwks()["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "alg", "use"}


def test_a_new_key_is_published_before_it_signs_and_the_old_one_after_it_has(
    tmp_path: Path,
) -> None:
    clock, path, changes = FixedClock(NOW), tmp_path / "keys.json", list[str]()
    one = signer(path, clock, changes)
    old = kid(one.sign({"sub": "a"}, audience="s"))
    store_key_ring(path, load_key_ring(path).rotated(now=clock.now(), ids=IDS))
    one.look()
    assert len(published(one)) == 2
    assert kid(one.sign({"sub": "a"}, audience="s")) == old

    clock.advance(LEAD)
    one.look()
    new = kid(one.sign({"sub": "a"}, audience="s"))
    assert new != old
    assert changes == ["changed"]
    assert published(one) == {old, new}  # tokens of the old key are still about

    clock.advance(AFTERLIFE)
    assert published(one) == {new}


def test_tokens_of_every_moment_of_a_rotation_verify_with_the_keys_of_that_moment(
    tmp_path: Path,
) -> None:
    clock, path = FixedClock(NOW), tmp_path / "keys.json"
    one = signer(path, clock)
    store_key_ring(path, load_key_ring(path).rotated(now=clock.now(), ids=IDS))
    tokens: list[tuple[datetime, str]] = []
    for _ in range(300):
        one.look()
        tokens.append((clock.now(), one.sign({"sub": "a"}, audience="s")))
        alive = [token for made, token in tokens if clock.now() - made < timedelta(seconds=60)]
        assert {kid(token) for token in alive} <= published(one)
        clock.advance(timedelta(seconds=1))


def test_a_removed_key_is_out_of_the_key_set_at_once(tmp_path: Path) -> None:
    clock, path = FixedClock(NOW), tmp_path / "keys.json"
    one = signer(path, clock)
    old = kid(one.sign({"sub": "a"}, audience="s"))
    ring = load_key_ring(path).rotated(now=clock.now(), ids=IDS, lead=timedelta(0))
    store_key_ring(path, ring.without(old))
    one.look()
    assert old not in published(one)
    assert kid(one.sign({"sub": "a"}, audience="s")) != old


def test_a_file_that_turns_bad_changes_nothing(tmp_path: Path) -> None:
    clock, path = FixedClock(NOW), tmp_path / "keys.json"
    one = signer(path, clock)
    before = published(one)
    path.write_text("{")
    one.look()
    path.unlink()
    one.look()
    assert published(one) == before
    assert kid(one.sign({"sub": "a"}, audience="s")) in before


def test_a_ring_without_a_key_that_may_sign_says_so() -> None:
    ring = KeyRing(()).rotated(now=NOW, ids=IDS)
    with pytest.raises(UnusableKeyFile):
        ring.signing(NOW)
