"""The command line of event-log.

`verify` runs on an auditor's computer: it loads neither the chassis nor settings. Every other
command is loaded on first use.
"""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup


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
    from event_log import bootstrap  # noqa: PLC0415 - see above

    return typer.main.get_group(bootstrap.service_commands())


app = typer.Typer(
    name="event-log",
    cls=_LateCommands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _describe() -> None:
    """Keep, seal, prove and verify the copy of every event."""


@app.command()
def verify(
    export_dir: Annotated[Path, typer.Argument(help="Folder of an export.")],
    key: Annotated[
        str | None, typer.Option(help="The log's public key, got from somewhere you trust.")
    ] = None,
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint that you kept; may be repeated.")
    ] = None,
) -> None:
    """Verify an export offline: 0 when all is proved, 1 when not, 2 when there is none."""
    from event_log.adapters.files.verify import main  # noqa: PLC0415 - see above

    options = [] if key is None else ["--key", key]
    for path in checkpoint or []:
        options += ["--checkpoint", str(path)]
    raise typer.Exit(main([*options, "--", str(export_dir)]))


if __name__ == "__main__":
    app()
