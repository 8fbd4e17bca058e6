"""The command line of the gateway: serve | relay, and the care of its signing keys.

Nothing is decided here.
"""

from typing import Annotated

import typer

from matricula_chassis.clock import SystemClock
from matricula_chassis.ids import SystemIds
from matricula_chassis.runtime import Commands, read_settings, service_app
from matricula_gateway.adapters.keys.key_ring import (
    ensure_key_ring,
    load_key_ring,
    store_key_ring,
)
from matricula_gateway.bootstrap import publishing, serving
from matricula_gateway.settings import GatewaySettings


async def rotate_keys(settings: GatewaySettings) -> None:
    """Make a new signing key; it signs in 30 seconds, the old one ends after its last token."""
    clock, ids = SystemClock(), SystemIds()
    ring = ensure_key_ring(settings.key_file, now=clock.now(), ids=ids)
    store_key_ring(settings.key_file, ring.rotated(now=clock.now(), ids=ids))


app = service_app(
    "matricula-gateway",
    settings=GatewaySettings,
    commands=Commands(serve=serving, relay=publishing, once={"rotate-keys": rotate_keys}),
)


@app.command("remove-key", help="Stop publishing a signing key at once: it is known to others.")
def remove_key(key_id: Annotated[str, typer.Argument(help="The kid of the key.")]) -> None:
    """Take one key out of the key file; another has to be there that may sign."""
    settings = read_settings(GatewaySettings)
    ring = load_key_ring(settings.key_file).without(key_id)
    ring.signing(SystemClock().now())
    store_key_ring(settings.key_file, ring)


if __name__ == "__main__":
    app()
