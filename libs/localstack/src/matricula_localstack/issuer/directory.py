"""DEV ONLY: the people and clients that the issuer knows, kept in a private file.

All of them are made up: a person is a role and a number. Secrets are random and stay in the home.
"""

import hmac
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from matricula_localstack.paths import write_private

DEFAULT_UKPRN: Final = 10_000_001
GATEWAY_AUDIENCE: Final = "matricula-gateway"
SCRIPT_CLIENT: Final = "matricula-script"
SCRIPT_REDIRECT: Final = "http://127.0.0.1/signed-in"
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_UKPRNS: Final = range(10_000_000, 100_000_000)
_AUTH_METHODS: Final = frozenset({"client_secret", "private_key_jwt", "none"})
_TWO: Final = (1, 2)  # so that a second person can approve


class BadEntry(ValueError):  # noqa: N818 - named as the fact it states
    """A person or client that the directory does not take; `fault` says why."""

    def __init__(self, fault: str) -> None:
        super().__init__("the directory does not take this entry")
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in. `subject` is the `sub` of their tokens."""

    subject: str
    label: str
    roles: tuple[str, ...]
    ukprn: int | None = DEFAULT_UKPRN

    def __post_init__(self) -> None:
        _check(self.subject, self.label, self.roles, self.ukprn)


@dataclass(frozen=True, slots=True)
class Client:
    """An OAuth client. The first of `audiences` is the one it gets unless it asks for another."""

    client_id: str
    label: str
    roles: tuple[str, ...] = ()
    ukprn: int | None = None
    audiences: tuple[str, ...] = (GATEWAY_AUDIENCE,)
    auth_method: str = "client_secret"
    secret: str | None = field(default=None, repr=False)
    jwks: Mapping[str, Any] | None = None
    redirect_uris: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check(self.client_id, self.label, self.roles, self.ukprn)
        if self.auth_method not in _AUTH_METHODS:
            raise BadEntry("auth_method is not client_secret, private_key_jwt or none")
        if (self.secret is None) == (self.auth_method == "client_secret"):
            raise BadEntry("a secret belongs to client_secret and to nothing else")
        if (self.jwks is None) == (self.auth_method == "private_key_jwt"):
            raise BadEntry("a key set belongs to private_key_jwt and to nothing else")
        if not self.audiences or not all(_is_identifier(one) for one in self.audiences):
            raise BadEntry("audiences are not a list of identifiers")
        if not all(isinstance(one, str) and one for one in self.redirect_uris):
            raise BadEntry("redirect_uris are not texts")

    # What Authlib asks of a client (authlib.oauth2.rfc6749.ClientMixin).

    def get_client_id(self) -> str:
        """Return the client's identifier."""
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        """Return nothing: a client always states where it wants its answer."""
        return None

    def get_allowed_scope(self, _scope: str | None) -> str:
        """Return no scope: roles decide, not scopes."""
        return ""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Return whether the address is registered, character for character."""
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest((self.secret or "").encode(), client_secret.encode())

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        """Return whether the client may authenticate so."""
        return method.removesuffix("_basic").removesuffix("_post") == self.auth_method

    def check_response_type(self, response_type: str) -> bool:
        """Return whether the client may ask for codes."""
        return response_type == "code" and bool(self.redirect_uris)

    def check_grant_type(self, grant_type: str) -> bool:
        """Return whether the client may use a grant."""
        if grant_type == "client_credentials":
            return self.auth_method != "none"
        return bool(self.redirect_uris)


_Entry = TypeVar("_Entry", Person, Client)


class Directory:
    """People by subject and clients by id. Every change is written at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._people: dict[str, Person] = {}
        self._clients: dict[str, Client] = {}
        if path.exists():
            stored = json.loads(path.read_text(encoding="utf-8"))
            for entry in stored["people"]:
                self._people[entry["subject"]] = _made(Person, entry)
            for entry in stored["clients"]:
                self._clients[entry["client_id"]] = _made(Client, entry)

    @property
    def people(self) -> tuple[Person, ...]:
        """Everybody, in the order in which they came."""
        return tuple(self._people.values())

    @property
    def clients(self) -> tuple[Client, ...]:
        """All clients, in the order in which they came."""
        return tuple(self._clients.values())

    def person(self, subject: str) -> Person | None:
        """Return a person, or None."""
        return self._people.get(subject)

    def client(self, client_id: str) -> Client | None:
        """Return a client, or None."""
        return self._clients.get(client_id)

    def put(self, *, people: Iterable[Person] = (), clients: Iterable[Client] = ()) -> None:
        """Add or replace entries, all of them or none."""
        self._people.update({one.subject: one for one in people})
        self._clients.update({one.client_id: one for one in clients})
        self._save()

    def add_missing(self, *, people: Iterable[Person], clients: Iterable[Client]) -> None:
        """Add the entries that are not there yet; what is there stays as it is."""
        self.put(
            people=[one for one in people if one.subject not in self._people],
            clients=[one for one in clients if one.client_id not in self._clients],
        )

    def upsert(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Take `{"people": […], "clients": […]}`; a client without a secret keeps or gets one.

        Returns the entries as they now are, secrets included. Raises BadEntry.
        """
        if not isinstance(document, dict) or not {"people", "clients"}.issuperset(document):
            raise BadEntry("the document holds people and clients, nothing else")
        people = [_made(Person, entry) for entry in _entries(document, "people")]
        clients = [self._client_of(entry) for entry in _entries(document, "clients")]
        self.put(people=people, clients=clients)
        return {
            "people": [asdict(one) for one in people],
            "clients": [asdict(one) for one in clients],
        }

    def _client_of(self, entry: Mapping[str, Any]) -> Client:
        wanted = dict(entry)
        if wanted.get("auth_method", "client_secret") == "client_secret":
            known = self._clients.get(str(wanted.get("client_id")))
            kept = known.secret if known else None
            wanted.setdefault("secret", kept or new_secret())
        return _made(Client, wanted)

    def _save(self) -> None:
        stored = {
            "people": [asdict(one) for one in self.people],
            "clients": [asdict(one) for one in self.clients],
        }
        write_private(self._path, json.dumps(stored, indent=1))
        folder = self._path.parent / "clients"
        folder.mkdir(mode=0o700, exist_ok=True)
        for client in self.clients:
            if client.secret is not None:
                write_private(folder / f"{client.client_id}.secret", client.secret + "\n")


def new_secret() -> str:
    """Return a random client secret."""
    return secrets.token_urlsafe(32)


def default_people(roles: Mapping[str, Mapping[str, str]]) -> list[Person]:
    """Return two people for each role of a person in the policy."""
    return [
        Person(
            subject=f"{role.replace('_', '-')}-{number}",
            label=f"{entry['label']} {number}",
            roles=(role,),
        )
        for role, entry in roles.items()
        if entry["kind"] == "person"
        for number in _TWO
    ]


def default_clients(services: Iterable[str]) -> list[Client]:
    """Return the clients of the platform: scripts, one partner, and each service."""
    names = tuple(services)
    script = Client(
        client_id=SCRIPT_CLIENT,
        label="Scripts and tests that sign a person in",
        auth_method="none",
        redirect_uris=(SCRIPT_REDIRECT,),
    )
    partner = Client(
        client_id="partner-1",
        label="Partner organisation 1",
        roles=("partner",),
        ukprn=DEFAULT_UKPRN,
        secret=new_secret(),
    )
    own = [
        Client(
            client_id=name,
            label=f"The service {name}",
            roles=("service",),
            audiences=names,
            secret=new_secret(),
        )
        for name in names
    ]
    return [script, partner, *own]


def _entries(document: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    entries = document.get(name, [])
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise BadEntry(f"{name} is not a list of objects")
    return entries


def _made(kind: type[_Entry], entry: Mapping[str, Any]) -> _Entry:
    lists: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()
    }
    try:
        return kind(**lists)
    except TypeError:
        raise BadEntry("a member is missing or not known") from None


def _check(name: object, label: object, roles: object, ukprn: object) -> None:
    if not _is_identifier(name):
        raise BadEntry("the identifier has characters that it may not have")
    if not isinstance(label, str) or not label.isprintable():
        raise BadEntry("the label is not a text")
    if not isinstance(roles, tuple) or not all(isinstance(one, str) and one for one in roles):
        raise BadEntry("the roles are not a list of texts")
    if ukprn is not None and (type(ukprn) is not int or ukprn not in _UKPRNS):
        raise BadEntry("the ukprn has not eight digits")


def _is_identifier(value: object) -> bool:
    return isinstance(value, str) and _IDENTIFIER.fullmatch(value) is not None
