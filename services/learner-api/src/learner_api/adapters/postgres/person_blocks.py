"""Seals and opens the encrypted parts of a learner, and makes the blind indexes to find one by.

A block is bound to its table, row, kind, version, person and key version, so that it opens nowhere
else. Keeps no key longer than the call that needs it; the cache of data keys is the key store's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from learner_api.domain.partition import keyed_by_number
from learner_api.domain.record import TEMPORARY_ULN, comparison_form, person_key
from matricula_chassis.crypto import (
    BlindIndex,
    KeyedDigest,
    context_of,
    index_key,
    open_sealed,
    seal,
)

IDENTITY: Final = 1
SPECIAL: Final = 2
HISTORY: Final = 3
KEY_VERSION: Final = 1
PREFIX_LETTERS: Final = 3
DIGEST_BYTES: Final = 16
_JSON: Final = orjson.OPT_NON_STR_KEYS


@dataclass(frozen=True, slots=True)
class BlockPlace:
    """Where a block belongs; part of what is authenticated."""

    kind: int
    learner_id: UUID
    person_id: UUID
    version: int

    def context(self) -> bytes:
        """Return the additional authenticated data of the block."""
        return context_of(
            "learner_block", self.kind, self.learner_id, self.person_id, self.version, KEY_VERSION
        )


def seal_block(content: Mapping[Any, Any], *, key: AESGCM, place: BlockPlace) -> bytes:
    """Encrypt one part of a record (JSON, row numbers as keys) under the person's data key."""
    return seal(orjson.dumps(content, option=_JSON), key=key, context=place.context())


def open_block(block: bytes, *, key: AESGCM, place: BlockPlace) -> dict[Any, Any]:
    """Decrypt one part; raises the chassis's decryption error when anything does not match."""
    content = orjson.loads(open_sealed(block, key=key, context=place.context()))
    return keyed_by_number(content)


SearchValues = tuple[
    int | None, int | None, int | None, int | None, int | None, int | None, int | None
]
"""The blind indexes of one learner in the order of SEARCH_KEYS; None where there is no value."""


class SearchIndexes:
    """One keyed index for each thing a learner may be searched by."""

    def __init__(self, root: bytes) -> None:
        # All 64 bits: within a file, equal numbers are taken for one ULN without decrypting.
        self._uln = BlindIndex(index_key(root, "learner.uln"), bits=64)
        self._digest = KeyedDigest(index_key(root, "learner.digest"))
        self._ni_number = BlindIndex(index_key(root, "learner.ni_number"))
        self._email = BlindIndex(index_key(root, "learner.email"))
        self._postcode = BlindIndex(index_key(root, "learner.postcode"))
        self._family_name = BlindIndex(index_key(root, "learner.family_name"))
        self._family_prefix = BlindIndex(index_key(root, "learner.family_prefix"))
        self._family_birth = BlindIndex(index_key(root, "learner.family_birth"))

    def uln(self, uln: int) -> int:
        """Return the index of a unique learner number."""
        return self._uln.of(str(uln))

    def digest(self, canonical: bytes) -> bytes:
        """Return a keyed digest of a whole record, to see whether two say the same."""
        return self._digest.of(canonical)[:DIGEST_BYTES]

    def of_record(self, record: Mapping[str, Any]) -> SearchValues:
        """Return every index of a complete record."""
        uln = record.get("ULN")
        key = person_key(record)
        family, birth = key.family_name, key.birth_date
        email, ni_number, postcode = (
            record.get("Email"),
            record.get("NINumber"),
            record.get("Postcode"),
        )
        return (
            None if uln is None or uln == TEMPORARY_ULN else self.uln(uln),
            self._ni_number.of(_squeezed(ni_number)) if ni_number else None,
            self._email.of(email.strip().casefold()) if email else None,
            self._postcode.of(_squeezed(postcode)) if postcode else None,
            self._family_name.of(family) if family else None,
            self._family_prefix.of(family[:PREFIX_LETTERS]) if family else None,
            self._family_birth.of(f"{family}|{birth}") if family and birth else None,
        )

    def of_query(self, query: Mapping[str, Any]) -> dict[str, int]:
        """Return the indexes to look for, by column, of a search (ILR names; all must match)."""
        wanted = {
            column: value
            for column, value in (
                ("uln", self.uln(query["ULN"]) if "ULN" in query else None),
                ("ni_number", self._of(self._ni_number, query.get("NINumber"), _squeezed)),
                ("email", self._of(self._email, query.get("Email"), str.casefold)),
                ("postcode", self._of(self._postcode, query.get("Postcode"), _squeezed)),
            )
            if value is not None
        }
        family = comparison_form(query["FamilyName"]) if "FamilyName" in query else ""
        if family and "DateOfBirth" in query:
            wanted["family_birth"] = self._family_birth.of(f"{family}|{query['DateOfBirth']}")
        elif family and query.get("is_prefix"):
            wanted["family_prefix"] = self._family_prefix.of(family[:PREFIX_LETTERS])
        elif family:
            wanted["family_name"] = self._family_name.of(family)
        return wanted

    @staticmethod
    def _of(index: BlindIndex, value: str | None, normal: Any) -> int | None:
        return index.of(normal(value.strip())) if value else None


def _squeezed(text: str) -> str:
    return "".join(text.split()).upper()
