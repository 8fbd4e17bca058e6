"""DEV ONLY: `python -m matricula_localstack.issuer --port 8090 --home .local/issuer`."""

from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from matricula_contracts.policy import DOCUMENT
from matricula_localstack.issuer.app import create_issuer
from matricula_localstack.issuer.loopback import NotLoopback, require_loopback

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def serve(
    *,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port on loopback.")] = 8090,
    home: Annotated[Path, typer.Option(help="Keys, people and clients are kept here.")] = Path(
        ".local/issuer"
    ),
    host: Annotated[str, typer.Option(help="A loopback address.")] = "127.0.0.1",
    issuer: Annotated[
        str | None, typer.Option(help="Issuer identifier; http://HOST:PORT without it.")
    ] = None,
) -> None:
    """DEV ONLY: serve the development issuer on loopback until it is stopped."""
    try:
        require_loopback(host)
    except NotLoopback as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(2) from None
    name = issuer or f"http://{f'[{host}]' if ':' in host else host}:{port}"
    typer.echo(f"DEV ONLY issuer {name}, state in {home}", err=True)
    uvicorn.run(
        create_issuer(home, issuer=name, roles=DOCUMENT["roles"], services=DOCUMENT["services"]),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
    )


if __name__ == "__main__":
    app()
