"""The command line of ilr-validator.

The commands that check a file on anybody's computer load neither the chassis nor settings. Those of
the service are loaded on first use.
"""

from typing import Any

import typer
from typer.core import TyperGroup

from ilr_validator.adapters.commands.app import app as checking
from ilr_validator.adapters.commands.reference import reference


class _LateCommands(TyperGroup):
    """Knows the commands here at once, and those of the service when they are asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands."""
        return [*super().list_commands(ctx), *_service_group().list_commands(ctx)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command, or None."""
        here = super().get_command(ctx, cmd_name)
        return here if here is not None else _service_group().get_command(ctx, cmd_name)


def _service_group() -> Any:
    from ilr_validator import bootstrap  # noqa: PLC0415 - see above

    return typer.main.get_group(bootstrap.service_commands())


app = typer.Typer(
    name="ilr-validator",
    cls=_LateCommands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _describe() -> None:
    """Check Individualised Learner Records by the official rules."""


app.registered_commands += checking.registered_commands
app.add_typer(reference, name="reference")

if __name__ == "__main__":
    app()
