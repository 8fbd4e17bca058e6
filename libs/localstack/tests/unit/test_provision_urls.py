"""URLs derived from the administrator's, and passwords that never travel."""

import pytest
from sqlalchemy.engine import make_url

from matricula_localstack.provision import ensure_database, plain, scram_verifier, urls_for


def passwords(role: str) -> str:
    return f"{role}'s p@ss/word"


def test_services_get_the_same_server_with_their_own_role_and_database() -> None:
    urls = urls_for(
        "postgresql://root:secret@db.example:6543/postgres",
        "matricula_event_log",
        service="event_log",
        passwords=passwords,
    )
    app = make_url(urls.app)
    assert (app.host, app.port, app.database) == ("db.example", 6543, "matricula_event_log")
    assert (app.username, app.password) == ("event_log_app", "event_log_app's p@ss/word")
    assert app.drivername == "postgresql+asyncpg"
    assert make_url(urls.relay).username == "event_log_relay"
    assert make_url(urls.owner).username == "event_log_owner"
    assert urls.admin == "postgresql://root:secret@db.example:6543/matricula_event_log"


def test_a_transport_setting_reaches_both_drivers_under_their_name_for_it() -> None:
    urls = urls_for(
        "postgres://root@db.example/postgres?sslmode=require",
        "matricula_event_log",
        service="event_log",
        passwords=passwords,
    )
    assert make_url(urls.app).query == {"ssl": "require"}
    assert urls.admin.endswith("?sslmode=require")


def test_a_unix_socket_stays_one() -> None:
    urls = urls_for(
        "postgresql://postgres@/postgres?host=/run/pg&port=5433",
        "matricula_event_log",
        service="event_log",
        passwords=passwords,
    )
    assert make_url(urls.app).query == {"host": "/run/pg", "port": "5433"}
    assert make_url(urls.app).database == "matricula_event_log"


def test_asyncpg_gets_a_url_it_understands() -> None:
    assert plain("postgresql+asyncpg://a@h/d") == "postgresql://a@h/d"


def test_the_verifier_is_the_one_of_the_published_example() -> None:
    # RFC 7677 section 3: password "pencil", this salt, 4096 rounds. The server signature there is
    # HMAC(ServerKey, AuthMessage), so a right ServerKey reproduces it.
    import base64  # noqa: PLC0415
    import hmac  # noqa: PLC0415

    verifier = scram_verifier("pencil", salt=base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="))
    assert verifier.startswith("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$")
    server_key = base64.b64decode(verifier.rpartition(":")[2])
    message = (
        "n=user,r=rOprNGfwEbeRWgbNEkqO,"
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    )
    signature = base64.b64encode(hmac.digest(server_key, message.encode(), "sha256")).decode()
    assert signature == "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


@pytest.mark.parametrize("name", ['x"; DROP DATABASE y; --', "a-b", "", "n" * 64, "ünder"])
async def test_a_name_that_could_be_more_than_a_name_is_refused(name: str) -> None:
    class Silent:
        async def fetchval(self, *_given: object) -> None:
            return None

        async def execute(self, statement: str) -> None:
            raise AssertionError("must not reach the server")

    with pytest.raises(ValueError, match="letters, digits and underscores"):
        await ensure_database(Silent(), name, service="event_log")  # type: ignore[arg-type]
