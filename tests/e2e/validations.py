"""Sends a file to be validated through the gateway, and waits for what comes out."""

from pathlib import Path
from typing import Any, Final

from tests.e2e.users import Users, until

from matricula_localstack.demo.platform_client import Actor, media_type

ENDED: Final = frozenset({"finished", "refused", "cancelled", "failed"})


async def send(users: Users, actor: Actor, file: Path, **params: str) -> Any:
    """Send a file; return its validation as it then is."""
    answer = await users.calls.call(
        actor,
        "POST",
        "/v1/validations",
        content=_content(file),
        params=params,
        headers={
            "Content-Type": media_type(file),
            "Content-Disposition": f'attachment; filename="{file.name}"',
        },
    )
    return answer.json()


async def validated(users: Users, actor: Actor, file: Path) -> Any:
    """Send a file and return its validation once it has ended."""
    sent = await send(users, actor, file)
    return await until(
        lambda: users.calls.get(actor, f"/v1/validations/{sent['validation_id']}"),
        lambda found: found["state"] in ENDED,
    )


def _content(file: Path) -> bytes:
    return file.read_bytes()
