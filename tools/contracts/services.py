"""Asks each service for its OpenAPI document, as its own command prints it. Starts no server."""

import json
import subprocess
import sys
from importlib.util import find_spec
from typing import Any

_TIMEOUT_SECONDS = 120


def package_of(service: str) -> str:
    """Return the import name of a service's distribution."""
    return service.replace("-", "_")


def has_command(service: str) -> bool:
    """Say whether the service's package can be run."""
    package = package_of(service)
    return find_spec(package) is not None and find_spec(f"{package}.__main__") is not None


def openapi(service: str) -> dict[str, Any]:
    """Return what `python -m <package> openapi` prints; CalledProcessError when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", package_of(service), "openapi"],
        capture_output=True,
        text=True,
        check=True,
        timeout=_TIMEOUT_SECONDS,
    )
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def routes(document: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Return (method, path) -> operation id of an OpenAPI document."""
    return {
        (method.upper(), path): operation.get("operationId", "")
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in {"get", "put", "post", "delete", "options", "head", "patch"}
    }
