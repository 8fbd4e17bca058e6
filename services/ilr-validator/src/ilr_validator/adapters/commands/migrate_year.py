"""The command that takes a file into the new academic year."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from ilr_validator.adapters.files.migration import Migration, migrate_file
from ilr_validator.adapters.files.refusals import FileRefusedError, UnreadableFileError
from ilr_validator.packs.errors import PackError
from ilr_validator.packs.migrations.plan import TABLES, Plan, load_plan

CANNOT_DO = 2


def migrate_year(
    file: Annotated[Path, typer.Argument(help="ILR file of the year before: XML, or a zip.")],
    to: Annotated[str, typer.Option(help=f"The new academic year: {', '.join(TABLES)}.")],
    out: Annotated[Path, typer.Option(help="Folder for the new file; made if it is not there.")],
) -> None:
    """Take the learners who go on into a file of the new year; list what a person must decide.

    Ends with 2 where the file cannot be migrated. What is written is personal data.
    """
    try:
        plan = load_plan(to)
        now = datetime.now(UTC)  # lint-skip: no-now the command's own clock
        done = migrate_file(file, plan, out, now)
    except (UnreadableFileError, PackError, OSError) as error:
        _stop(str(error))
    except FileRefusedError as error:
        first = error.refusals[0]
        _stop(f"line {first.line}: {first.message}" if first.line else first.message)
    _tell(plan, done)


def _tell(plan: Plan, done: Migration) -> None:
    counts = done.counts
    typer.echo(
        f"{counts['learners']:,} learners and {counts['aims']:,} aims go from {plan.from_year} into"
        f" {plan.pack.name}; {counts['learners left behind']:,} learners and"
        f" {counts['aims left behind']:,} aims stay behind. {done.decisions:,} things to decide."
    )
    for path in (done.file, done.to_decide, done.summary):
        typer.echo(f"  {path}")
    if not counts["learners"]:
        typer.echo("No learner goes on: a file without learners is refused.", err=True)
    if plan.pack.is_provisional:
        typer.echo(
            f"What is known of {plan.pack.name} is provisional: the file must be checked again when"
            " its schema and rules are published.",
            err=True,
        )


def _stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(CANNOT_DO)
