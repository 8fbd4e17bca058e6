"""Only the chassis's token wrapper opens tokens; nobody else imports a token library.

Incident: python-jose 3.5.0 accepts a token when it is given no list of algorithms (reproduced),
ignores `crit` (its issue 413) and may take a DER key for a secret. The wrapper screens all that,
and only works if nothing goes past it. import-linter watches packages; this watches every file.
"""

from collections.abc import Iterator
from typing import Final

from tools.lint.rule import Example, Finding, Rule
from tools.lint.source import Source

_LIBRARIES: Final = frozenset({"jose", "joserfc", "jwt", "authlib", "jwcrypto"})
_WRAPPER: Final = "matricula_chassis.auth.tokens"
_ISSUER: Final = "matricula_localstack.issuer"


def check(source: Source) -> Iterator[Finding]:
    """python-jose in the wrapper alone, joserfc beside it as its exit, the issuer on Authlib."""
    for node, name in source.imports():
        library = name.split(".")[0]
        if library in _LIBRARIES and not _is_allowed(source, library):
            yield Finding(getattr(node, "lineno", 1), f"go through {_WRAPPER}")


def _is_allowed(source: Source, library: str) -> bool:
    if source.module == _WRAPPER:
        return library in {"jose", "joserfc"}
    is_comparison = source.is_test or source.module.startswith(_ISSUER)
    return is_comparison and library != "jose"


RULE: Final = Rule(
    name="one-token-library",
    check=check,
    good=(
        Example("libs/chassis/src/matricula_chassis/auth/tokens.py", "from jose import jws\n"),
        Example("libs/chassis/tests/auth/test_tokens.py", "import jwt\nfrom joserfc import jws\n"),
        Example("libs/localstack/src/matricula_localstack/issuer/server.py", "import authlib\n"),
    ),
    bad=(
        Example("libs/chassis/src/matricula_chassis/auth/guard.py", "from jose import jwt\n"),
        Example("gateway/src/matricula_gateway/bootstrap.py", "import jwt\n"),
        Example("gateway/src/matricula_gateway/bootstrap.py", 'x = import_module("joserfc.jwt")\n'),
        Example("libs/testkit/src/matricula_testkit/tokens.py", "from authlib.jose import jwt\n"),
        Example("libs/chassis/tests/auth/test_tokens.py", "from jose import jwt\n"),
    ),
)
