"""The command `ilr-validator`."""

import sys
from typing import Annotated

import orjson
import typer

from ilr_validator.application.evaluate import evaluate as evaluate_line
from ilr_validator.packs.pack import load

app = typer.Typer(
    help="Checks Individualised Learner Records by the official rules.", no_args_is_help=True
)

CANNOT_CHECK = 2


@app.callback()
def main() -> None:
    """Check Individualised Learner Records by the official rules."""


@app.command()
def evaluate(
    pack: Annotated[str, typer.Option(help="Academic year of the rules, for example 2025-26.")],
    absent_reference: Annotated[
        str,
        typer.Option(help="What an absent table means: not-run (rules are not run) or empty."),
    ] = "not-run",
) -> None:
    """Evaluate records given as JSON Lines on standard input; write findings as JSON Lines."""
    try:
        chosen = load(pack)
    except LookupError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(CANNOT_CHECK) from error
    for number, line in enumerate(sys.stdin.buffer, 1):
        if not line.strip():
            continue
        try:
            result = evaluate_line(
                chosen, orjson.loads(line), is_absent_empty=absent_reference == "empty"
            )
        except (ValueError, TypeError, AttributeError) as error:
            typer.echo(f"line {number}: {error}", err=True)
            raise typer.Exit(CANNOT_CHECK) from error
        sys.stdout.buffer.write(orjson.dumps(result) + b"\n")


if __name__ == "__main__":
    app()
