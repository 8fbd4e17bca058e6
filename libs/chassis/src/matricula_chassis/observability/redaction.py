"""The backstop of the logs: masks forbidden keys and values that look personal.

The first guard is not to log such values, the second is the `Sensitive` type; this one catches
what slipped through. It knows shapes, not names of people: it must not be relied upon.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from structlog.typing import EventDict, WrappedLogger

from matricula_chassis.observability.sensitive import MASK, Sensitive

FORBIDDEN_KEYS: Final = frozenset(
    {
        "address", "addressline", "birthdate", "body", "dateofbirth", "dob", "email",
        "emailaddress", "familyname", "firstname", "forename", "fullname", "givenname",
        "givennames", "lastname", "nationalinsurance", "nationalinsurancenumber", "nino",
        "ninumber", "params", "parameters", "personname", "phone", "phonenumber", "querystring",
        "surname", "telephone", "telno",
        # lint-skip: no-domain-words-in-chassis names that must never pass, whoever logs them
        "postcode", "postcodeprior", "uln",
    }
)  # fmt: skip
_FORBIDDEN_LAST_WORDS: Final = frozenset(
    {"assertion", "authorization", "cookie", "credentials", "passphrase", "passwd", "password",
     "secret", "token"}
)  # fmt: skip
_MEASURES: Final = frozenset(
    {"bytes", "count", "length", "ms", "ns", "number", "offset", "position", "s", "seconds",
     "sequence", "size", "total", "us"}
)  # fmt: skip
_WORD: Final = re.compile(r"[A-Za-z][a-z0-9]*|[A-Z]+(?![a-z])|\d+")
_SHAPES: Final = (
    r"eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*){1,3}",  # a token in compact form
    r"(?<=://)[^\s/@]+@",  # credentials in a URL
    r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+",  # an e-mail address
    r"(?<![\w-])\d{10}(?![\w-])",  # a ten-digit personal number
    r"(?i:(?<![\w-])[A-Z]{2}\ ?(?:\d{2}\ ?){3}[A-D](?![\w-]))",  # an NI number
    r"(?i:(?<![\w-])[A-Z]{1,2}\d[A-Z\d]?\ ?\d[A-Z]{2}(?![\w-]))",  # a postcode
    r"(?<![\w-])(?:\+44|0)(?:[ -]?\d){9,10}(?![\w-])",  # a telephone number
    r"(?<!\d)(?:19\d\d|200\d|201[0-5])-[01]\d-[0-3]\d(?!\d)",  # a date of birth
    r"(?<!\d)[0-3]?\d/[01]?\d/(?:19\d\d|200\d|201[0-5])(?!\d)",
)
_PERSONAL: Final = re.compile("|".join(_SHAPES))
# Most texts are words or identifiers of ours: two cheap looks spare them the long expression.
_SUSPECT: Final = re.compile(r"[0-9@]|eyJ")
_OPAQUE: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}")
_TEXT_LIMIT: Final = 2_000
_TEN_DIGITS: Final = range(1_000_000_000, 10_000_000_000)
_DEPTH: Final = 6


class Redactor:
    """A structlog processor that masks by key and by shape, in nested values too."""

    def __init__(self, forbidden_keys: Iterable[str] = ()) -> None:
        extra = {_joined(key) for key in forbidden_keys}
        self._forbidden = FORBIDDEN_KEYS | extra
        self._verdicts: dict[str, bool] = {}

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """Return the event with every forbidden or personal-looking value masked."""
        for key, value in event.items():
            if key in {"_record", "_from_structlog", "exc_info"}:
                continue
            event[key] = self._clean(key, value, _DEPTH)
        return event

    def clean(self, value: object) -> Any:
        """Return a copy of a value with everything forbidden masked."""
        return self._clean("", value, _DEPTH)

    def _clean(self, key: str, value: object, depth: int) -> Any:
        if self._is_forbidden(key) and not isinstance(value, bool | None):
            return MASK
        if isinstance(value, str):
            return _clean_text(value)
        if isinstance(value, int):
            is_suspect = value in _TEN_DIGITS and not _is_measure(key)
            return MASK if is_suspect else value
        if isinstance(value, Sensitive | bytes | bytearray | memoryview):
            return MASK
        return self._clean_container(key, value, depth)

    def _clean_container(self, key: str, value: object, depth: int) -> Any:
        if not isinstance(value, Mapping | list | tuple | set | frozenset):
            return value
        if depth == 0:
            return MASK
        if isinstance(value, Mapping):
            return {
                _clean_text(str(name)): self._clean(str(name), inner, depth - 1)
                for name, inner in value.items()
            }
        return [self._clean(key, inner, depth - 1) for inner in value]

    def _is_forbidden(self, key: str) -> bool:
        verdict = self._verdicts.get(key)
        if verdict is None:
            words = _WORD.findall(key)
            verdict = _joined(key) in self._forbidden or (
                bool(words) and words[-1].lower() in _FORBIDDEN_LAST_WORDS
            )
            if len(self._verdicts) < 4096:  # noqa: PLR2004 - keys come from code: it stays small
                self._verdicts[key] = verdict
        return verdict


def _clean_text(text: str) -> str:
    if _SUSPECT.search(text) is None or _OPAQUE.fullmatch(text) is not None:
        return text
    return _PERSONAL.sub(MASK, text[:_TEXT_LIMIT])


def _joined(key: str) -> str:
    return re.sub(r"[^a-z]", "", key.lower())


def _is_measure(key: str) -> bool:
    words = _WORD.findall(key)
    return bool(words) and words[-1].lower() in _MEASURES
