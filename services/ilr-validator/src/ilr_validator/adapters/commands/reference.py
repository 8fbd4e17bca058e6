"""The commands on reference data: import it, see which keys a file needs, cut a snapshot down."""

import csv
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from ilr_validator.adapters.files.needed_keys import keys_of_file
from ilr_validator.adapters.files.refusals import UnreadableFileError
from ilr_validator.adapters.reference.code_list_page import code_list_page
from ilr_validator.adapters.reference.snapshot import SnapshotError, load_snapshot
from ilr_validator.adapters.reference.sources import NAMES, import_source
from ilr_validator.adapters.reference.subset import subset as subset_of

reference = typer.Typer(
    help="Import reference data, and freeze what a file needs of it.", no_args_is_help=True
)
CANNOT_DO = 2
IlrFilePath = Annotated[Path, typer.Argument(help="ILR file: XML, or a zip with one.")]


@reference.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="The publisher's file, as downloaded.")],
    source: Annotated[str, typer.Option(help=f"What it is: {', '.join(NAMES)}.")],
    into: Annotated[Path, typer.Option(help="Folder of the snapshot; made if it is not there.")],
    version: Annotated[
        str | None, typer.Option(help="Version to print in reports; by default what the file says.")
    ] = None,
    for_file: Annotated[
        Path | None,
        typer.Option("--for", help="Keep only what this ILR file needs (employers, ulns)."),
    ] = None,
) -> None:
    """Import a publisher's file into a snapshot. Nothing changes where the file is not right."""
    try:
        keys = keys_of_file(for_file) if for_file else None
        written = import_source(source, file, into, version=version, keys=keys)
    except (SnapshotError, UnreadableFileError, OSError) as error:
        _stop(str(error))
    for name, rows in written.items():
        typer.echo(f"{name}: {rows:,} rows")


@reference.command()
def keys(
    file: IlrFilePath,
    out: Annotated[Path | None, typer.Option(help="CSV to write; by default printed.")] = None,
) -> None:
    """List the keys that a file needs of reference data: no personal data is among them."""
    try:
        rows = [("kind", "key"), *keys_of_file(file).rows()]
        if out is None:
            csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
        else:
            with out.open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream, lineterminator="\n").writerows(rows)
    except (UnreadableFileError, OSError) as error:
        _stop(str(error))


@reference.command()
def subset(
    for_file: Annotated[Path, typer.Option("--for", help="ILR file whose keys are kept.")],
    from_folder: Annotated[Path, typer.Option("--from", help="Folder of the whole snapshot.")],
    into: Annotated[Path, typer.Option(help="New folder for the rows that the file needs.")],
) -> None:
    """Freeze only the rows that a file needs."""
    try:
        found = keys_of_file(for_file)
        counts = subset_of(load_snapshot(from_folder), from_folder, found, into)
    except (SnapshotError, UnreadableFileError, OSError) as error:
        _stop(str(error))
    for name, rows in counts.items():
        typer.echo(f"{name}: {rows:,} rows")


@reference.command()
def show(folder: Annotated[Path, typer.Argument(help="Folder of a snapshot.")]) -> None:
    """Show what a snapshot holds: tables, versions and the hash that reports print."""
    try:
        snapshot = load_snapshot(folder)
    except (SnapshotError, OSError) as error:
        _stop(str(error))
    for kind, table in snapshot.tables.items():
        typer.echo(f"{kind.ENTITY}: {table.size:,} rows")
    for name, version in sorted(snapshot.versions.items()):
        typer.echo(f"version of {name}: {version}")
    typer.echo(f"SHA-256 {snapshot.digest}")


@reference.command("code-lists")
def code_lists(
    pack: Annotated[str, typer.Option(help="Academic year of the rules.")] = "2025-26",
) -> None:
    """Write the page on the code lists of a pack: codes, complete or provisional, sources."""
    try:
        typer.echo(code_list_page(pack), nl=False)
    except LookupError as error:
        _stop(str(error.args[0]))


def _stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(CANNOT_DO)
