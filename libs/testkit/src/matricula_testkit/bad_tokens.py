"""Tokens that must be refused, each with the check that has to refuse it.

One list for the chassis, the services and the gateway: whoever accepts tokens runs it.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from matricula_chassis.auth import Reason
from matricula_testkit.tokens import TokenMint, base64url, json_bytes, sign_es256

_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_YEAR: Final = 365 * 24 * 3600
Signer = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class BadToken:
    """A token that must be refused. `name` is a short sentence part for test ids."""

    name: str
    token: str
    reason: Reason


def bad_tokens(mint: TokenMint, *, audience: str) -> list[BadToken]:
    """Return all bad tokens for a verifier that trusts `mint` and nobody else."""
    workshop = _Workshop(mint, audience)
    return [
        *workshop.sizes_and_shapes(),
        *workshop.headers(),
        *workshop.header_members(),
        *workshop.types_and_algorithms(),
        *workshop.key_ids(),
        *workshop.payloads(),
        *workshop.signatures(),
        *workshop.missing_claims(),
        *workshop.claim_types(),
        *workshop.claim_values(),
    ]


class _Workshop:
    def __init__(self, mint: TokenMint, audience: str) -> None:
        self._mint = mint
        self._audience = audience
        self._good = mint.token(audience=audience)

    def _header(self, **changes: Any) -> dict[str, Any]:
        header = self._mint.header(**changes)
        return {name: value for name, value in header.items() if value is not ...}

    def _claims(self, **changes: Any) -> dict[str, Any]:
        return self._mint.claims(audience=self._audience, **changes)

    def _with_header(self, header: Mapping[str, Any] | bytes) -> str:
        return self._mint.signed(header, self._claims())

    def _with_claims(self, claims: Mapping[str, Any] | bytes) -> str:
        return self._mint.signed(self._mint.header(), claims)

    def _signed_by(self, header: Mapping[str, Any], sign: Signer) -> str:
        signing_input = f"{base64url(json_bytes(header))}.{base64url(json_bytes(self._claims()))}"
        return f"{signing_input}.{base64url(sign(signing_input.encode()))}"

    def sizes_and_shapes(self) -> Iterator[BadToken]:
        header, payload, signature = self._good.split(".")
        large = self._with_claims(self._claims(note="x" * 9_000))
        yield BadToken("over 8 KiB", large, Reason.SIZE)
        yield BadToken("empty", "", Reason.SIZE)
        raw = base64.urlsafe_b64decode(signature + "==")
        r, s = raw[:32], raw[32:]
        der = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
        jwe = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwiemlwIjoiREVGIn0..A.A.A"
        shapes = {
            "one dot": f"{header}.{payload}",
            "no dot": header,
            "three dots": f"{self._good}.{signature}",
            "encrypted token that would unpack": jwe,
            "no signature": f"{header}.{payload}.",
            "no payload": f"{header}..{signature}",
            "no header": f".{payload}.{signature}",
            "space before": f" {self._good}",
            "newline after": f"{self._good}\n",
            "padding": f"{header}.{payload}.{signature}==",
            "standard base64 alphabet": f"{header}.{payload}.{'+' + signature[1:]}",
            "full-width letter": f"{header}.{payload}.{'Ａ' + signature[1:]}",  # noqa: RUF001
            "kelvin sign for K": "\N{KELVIN SIGN}" + self._good[1:],
            "null byte": f"{header}.{payload}\0.{signature}",
            "impossible length": f"{header}.{payload + 'A' * (5 - len(payload) % 4)}.{signature}",
            "trailing bits in the signature": self._with_trailing_bits(),
            "trailing bits in the payload": self._with_loose_payload(),
            "cut signature": f"{header}.{payload}.{signature[:-4]}",
            "longer signature": f"{header}.{payload}.{base64url(raw + b'0')}",
            "signature in DER": f"{header}.{payload}.{base64url(der)}",
            "two tokens": f"{self._good},{self._good}",
        }
        for name, token in shapes.items():
            yield BadToken(name, token, Reason.SHAPE)

    def _with_trailing_bits(self) -> str:
        last = _LETTERS.index(self._good[-1])
        return self._good[:-1] + _LETTERS[last | 1]  # 64 bytes leave four bits of the last letter

    def _with_loose_payload(self) -> str:
        """Return a token whose payload is not in canonical base64url, rightly signed as it is."""
        raw = json_bytes(self._claims())
        raw += b" " * ((1 - len(raw)) % 3)  # one byte over: four bits of the last letter are free
        loose = base64url(raw)
        loose = loose[:-1] + _LETTERS[_LETTERS.index(loose[-1]) | 1]
        signing_input = f"{base64url(json_bytes(self._header()))}.{loose}"
        signature = base64url(sign_es256(signing_input, self._mint.key.private))
        return f"{signing_input}.{signature}"

    def headers(self) -> Iterator[BadToken]:
        kid = self._mint.key.key_id
        plain = f'"alg":"ES256","typ":"at+jwt","kid":"{kid}"'
        texts = {
            "header is no JSON": b"not json",
            "header is a list": b"[]",
            "header is a text": b'"ES256"',
            "header is null": b"null",
            "header names alg twice": f'{{"alg":"none",{plain}}}'.encode(),
            "header names kid twice": f'{{{plain},"kid":"other"}}'.encode(),
            "header names typ twice, once escaped": f'{{{plain},"\\u0074yp":"JWT"}}'.encode(),
            "header is not UTF-8": f'{{{plain[:-1]}\xff"}}'.encode("latin-1"),
            "header starts with a byte-order mark": b"\xef\xbb\xbf" + f"{{{plain}}}".encode(),
            "header has something after it": f"{{{plain}}} {{}}".encode(),
            "header holds NaN": f'{{{plain},"x":NaN}}'.encode(),
            "header is nested deeply": b"[" * 380,
        }
        for name, raw in texts.items():
            yield BadToken(name, self._with_header(raw), Reason.HEADER_JSON)
        long = self._with_header(self._header(kid="k" * 1_024))
        yield BadToken("header over its limit", long, Reason.SIZE)

    def header_members(self) -> Iterator[BadToken]:
        members: dict[str, Any] = {
            "crit": ["exp"],
            "b64": False,
            "jku": "https://elsewhere.test/jwks",
            "x5u": "https://elsewhere.test/cert",
            "jwk": {"kty": "oct", "k": "AA"},
            "x5c": ["AA"],
            "x5t": "AA",
            "x5t#S256": "AA",
            "zip": "DEF",
            "cty": "JWT",
            "enc": "A256GCM",
            "nonce": "1",
            "Alg": "none",
            "alg ": "none",
            "": "",
        }
        for name, value in members.items():
            token = self._with_header(self._header(**{name: value}))
            yield BadToken(f"header member {name or 'without a name'}", token, Reason.HEADER_MEMBER)

    def types_and_algorithms(self) -> Iterator[BadToken]:
        types = [..., "JWT", "application/at+jwt", "AT+JWT", "at+jwt ", "dpop+jwt", "logout+jwt",
                 "", None, ["at+jwt"], 1]  # fmt: skip
        for typ in types:
            token = self._with_header(self._header(typ=typ))
            name = "missing" if typ is ... else json.dumps(typ)
            yield BadToken(f"typ {name}", token, Reason.TYPE)
        for alg in (..., "none", "None", "nOnE", "es256", "ES256 ", "ES384", "HS256", "", None,
                    ["ES256"], 1):  # fmt: skip
            token = self._with_header(self._header(alg=alg))
            name = "missing" if alg is ... else json.dumps(alg)
            yield BadToken(f"alg {name} over a good signature", token, Reason.ALGORITHM)
        for alg, sign in self._other_algorithms():
            token = self._signed_by(self._header(alg=alg.partition(" ")[0]), sign)
            yield BadToken(f"really signed with {alg}", token, Reason.ALGORITHM)

    def _other_algorithms(self) -> Iterator[tuple[str, Signer]]:
        """Yield forgeries that would hold under a confused library, padded to 64 bytes."""
        public = self._mint.key.private.public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        jwk = json_bytes(self._mint.key.public_jwk())

        def hmac_with(key: bytes) -> Signer:
            return lambda data: hmac.digest(key, data, hashlib.sha512)

        yield "HS512 and the public key in PEM", hmac_with(pem)
        yield "HS512 and the public key in DER", hmac_with(der)
        yield "HS512 and the public key as JWK", hmac_with(jwk)
        yield "HS512 and an empty key", hmac_with(b"")
        strange = rsa.generate_private_key(public_exponent=65_537, key_size=1_024)  # noqa: S505
        yield "RS256", lambda data: strange.sign(data, padding.PKCS1v15(), SHA256())[:64]
        pss = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=32)
        yield "PS256", lambda data: strange.sign(data, pss, SHA256())[:64]
        yield "EdDSA", ed25519.Ed25519PrivateKey.generate().sign
        wider = ec.generate_private_key(ec.SECP384R1())
        yield "ES384", lambda data: wider.sign(data, ec.ECDSA(SHA384()))[:64]
        koblitz = ec.generate_private_key(ec.SECP256K1())
        yield "ES256K", lambda data: koblitz.sign(data, ec.ECDSA(SHA256()))[:64].ljust(64, b"0")
        yield "none", lambda _data: b"\0" * 64

    def key_ids(self) -> Iterator[BadToken]:
        odd = ("unknown", "", None, 1, ["x"], "k" * 129, "../../../dev/null", "x' OR '1'='1")
        named = {
            "missing": ...,
            "the right one in other letters": self._mint.key.key_id.upper() + "!",
            **{json.dumps(kid)[:24]: kid for kid in odd},
        }
        for name, kid in named.items():
            token = self._with_header(self._header(kid=kid))
            yield BadToken(f"kid {name}", token, Reason.UNKNOWN_KEY)

    def payloads(self) -> Iterator[BadToken]:
        good = json_bytes(self._claims()).decode()
        later = self._mint.now() + 10
        texts = {
            "payload is no JSON": b"not json",
            "payload is a list": f"[{good}]".encode(),
            "payload is a text": b'"x"',
            "payload names exp twice": f'{good[:-1]},"exp":{later}}}'.encode(),
            "payload names roles twice": f'{good[:-1]},"roles":["dpo"]}}'.encode(),
            "payload names a nested member twice": good[:-1].encode()
            + b',"act":{"sub":"a","sub":"b"}}',
            "payload holds NaN": f'{good[:-1]},"x":NaN}}'.encode(),
            "payload holds Infinity": f'{good[:-1]},"x":-Infinity}}'.encode(),
            "payload is not UTF-8": good[:-1].encode() + b',"x":"\xff"}',
            "payload starts with a byte-order mark": b"\xef\xbb\xbf" + good.encode(),
            "payload is in UTF-16": good.encode("utf-16"),
            "payload is nested deeply": b"[" * 5_000,
        }  # fmt: skip
        for name, raw in texts.items():
            yield BadToken(name, self._with_claims(raw), Reason.PAYLOAD_JSON)
        for name, issuer in {
            "iss missing": ...,
            "iss of somebody else": "https://elsewhere.test",
            "iss with a slash": self._mint.issuer + "/",
            "iss in capitals": self._mint.issuer.upper(),
            "iss as a list": [self._mint.issuer],
            "iss empty": "",
            "iss null": None,
        }.items():
            yield BadToken(name, self._with_claims(self._claims(iss=issuer)), Reason.ISSUER)

    def signatures(self) -> Iterator[BadToken]:
        header, payload, signature = self._good.split(".")
        raw = base64.urlsafe_b64decode(signature + "==")
        other = ec.generate_private_key(ec.SECP256R1())
        richer = base64url(json_bytes(self._claims(roles=["dpo"])))
        again = base64url(json_bytes(self._header()) + b" ")
        order = _P256_ORDER.to_bytes(32, "big")
        zero = bytes(32)
        signatures = {
            "another key under the same kid": f"{header}.{payload}."
            + base64url(sign_es256(f"{header}.{payload}", other)),
            "another payload": f"{header}.{richer}.{signature}",
            "another spelling of the header": f"{again}.{payload}.{signature}",
            "signature of zeros": f"{header}.{payload}.{base64url(zero * 2)}",
            "r is zero": f"{header}.{payload}.{base64url(zero + raw[32:])}",
            "s is zero": f"{header}.{payload}.{base64url(raw[:32] + zero)}",
            "r and s are the order of the curve": f"{header}.{payload}.{base64url(order * 2)}",
            "r and s swapped": f"{header}.{payload}.{base64url(raw[32:] + raw[:32])}",
            "signature over the payload alone": f"{header}.{payload}."
            + base64url(sign_es256(payload, self._mint.key.private)),
            "signature with SHA-384": self._signed_by(self._header(), self._sign_sha384),
        }
        for name, token in signatures.items():
            yield BadToken(name, token, Reason.SIGNATURE)

    def _sign_sha384(self, data: bytes) -> bytes:
        r, s = decode_dss_signature(self._mint.key.private.sign(data, ec.ECDSA(SHA384())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def missing_claims(self) -> Iterator[BadToken]:
        for name in ("exp", "aud", "sub", "client_id", "iat", "jti"):
            token = self._with_claims(self._claims(**{name: ...}))
            yield BadToken(f"{name} missing", token, Reason.CLAIM_MISSING)
        empty = self._with_claims({"iss": self._mint.issuer})
        yield BadToken("nothing but iss", empty, Reason.CLAIM_MISSING)

    def claim_types(self) -> Iterator[BadToken]:
        now = self._mint.now()
        wrong: list[tuple[str, Any]] = [
            ("exp", now + 30.5), ("exp", float(now + 30)), ("exp", str(now + 30)), ("exp", True),
            ("exp", None), ("exp", -1), ("exp", 10**400), ("exp", [now + 30]),
            ("iat", float(now)), ("iat", str(now)), ("iat", None), ("nbf", float(now)),
            ("nbf", str(now)), ("nbf", None), ("nbf", False),
            ("aud", [self._audience]), ("aud", [self._audience, "other"]), ("aud", []),
            ("aud", None), ("aud", 1), ("aud", {self._audience: True}),
            ("sub", 1), ("sub", None), ("sub", ["person-1"]), ("client_id", 1),
            ("client_id", ["front-end"]), ("jti", 1), ("jti", None), ("scope", ["read"]),
            ("acr", 1), ("purpose", ["sar"]), ("txn", 1),
            ("roles", "dpo"), ("roles", {"dpo": 1}), ("roles", [1]), ("roles", [""]),
            ("roles", [["dpo"]]), ("roles", ["r"] * 65), ("roles", None),
            ("ukprn", "10000001"), ("ukprn", True), ("ukprn", 1), ("ukprn", 100_000_000),
            ("ukprn", 10_000_001.0), ("act", "somebody"), ("act", []), ("act", {}),
            ("act", {"sub": 1}), ("act", {"sub": ""}),
        ]  # fmt: skip
        for name, value in wrong:
            token = self._with_claims(self._claims(**{name: value}))
            yield BadToken(f"{name} {json.dumps(value)[:32]}", token, Reason.CLAIM_TYPE)

    def claim_values(self) -> Iterator[BadToken]:
        now = self._mint.now()
        life = int(self._mint.lifetime.total_seconds())
        values: list[tuple[str, Reason, dict[str, Any]]] = [
            ("aud of another service", Reason.AUDIENCE, {"aud": "other"}),
            ("aud in capitals", Reason.AUDIENCE, {"aud": self._audience.upper()}),
            ("aud as a prefix", Reason.AUDIENCE, {"aud": self._audience[:-1]}),
            ("aud with a space", Reason.AUDIENCE, {"aud": self._audience + " "}),
            ("aud empty", Reason.AUDIENCE, {"aud": ""}),
            ("expired long ago", Reason.EXPIRED, {"exp": now - _YEAR, "iat": now - _YEAR - 10}),
            ("expired a second ago", Reason.EXPIRED, {"exp": now - 1, "iat": now - 10}),
            ("expires now", Reason.EXPIRED, {"exp": now, "iat": now - 10}),
            ("nbf beyond the skew", Reason.NOT_YET_VALID, {"nbf": now + 31}),
            ("nbf in a year", Reason.NOT_YET_VALID, {"nbf": now + _YEAR}),
            ("iat beyond the skew", Reason.ISSUED_IN_FUTURE, {"iat": now + 31, "exp": now + 40}),
            ("lives a second too long", Reason.LIFETIME, {"exp": now + life + 1}),
            ("lives ten years", Reason.LIFETIME, {"exp": now + 10 * _YEAR}),
            ("issued after it expires", Reason.LIFETIME, {"iat": now + 20, "exp": now + 10}),
            ("issued when it expires", Reason.LIFETIME, {"iat": now + 10, "exp": now + 10}),
            ("issued in 1970", Reason.LIFETIME, {"iat": 0}),
            ("sub empty", Reason.IDENTITY, {"sub": ""}),
            ("sub too long", Reason.IDENTITY, {"sub": "s" * 256}),
            ("sub with a newline", Reason.IDENTITY, {"sub": "person\n1"}),
            ("sub with a null byte", Reason.IDENTITY, {"sub": "person\0"}),
            ("client_id empty", Reason.IDENTITY, {"client_id": ""}),
            ("jti empty", Reason.IDENTITY, {"jti": ""}),
            ("bound to a DPoP key", Reason.KEY_BINDING, {"cnf": {"jkt": "x"}}),
            ("bound to a certificate", Reason.KEY_BINDING, {"cnf": {"x5t#S256": "x"}}),
            ("bound to nothing", Reason.KEY_BINDING, {"cnf": None}),
            ("scope with two spaces", Reason.SCOPE, {"scope": "a  b"}),
            ("scope with a quote", Reason.SCOPE, {"scope": 'a"b'}),
            ("scope empty", Reason.SCOPE, {"scope": ""}),
            ("scope with a space at its end", Reason.SCOPE, {"scope": "a "}),
        ]
        for name, reason, changes in values:
            yield BadToken(name, self._with_claims(self._claims(**changes)), reason)
