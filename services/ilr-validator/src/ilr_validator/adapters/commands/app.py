"""The commands that need no platform: evaluate, validate, rules, migrate-year."""

import sys
import time
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, NoReturn

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ilr_validator.adapters.commands.migrate_year import migrate_year
from ilr_validator.adapters.files.container import LARGEST
from ilr_validator.adapters.files.refusals import UnreadableFileError
from ilr_validator.adapters.files.validation import Order, Validation
from ilr_validator.adapters.files.validation import validate as validate_file
from ilr_validator.adapters.reference.snapshot import Snapshot, SnapshotError, load_snapshot
from ilr_validator.application.evaluate import evaluate as evaluate_line
from ilr_validator.packs.pack import Pack, available, load

app = typer.Typer(
    help="Check Individualised Learner Records by the official rules.", no_args_is_help=True
)
MIB = 1024 * 1024
CLEAN, ERRORS_FOUND, CANNOT_CHECK = 0, 1, 2
PackName = Annotated[
    str, typer.Option("--pack", help=f"Academic year of the rules: {', '.join(available())}.")
]


class AbsentReference(StrEnum):
    """What a table that a line does not bring means."""

    NOT_RUN = "not-run"
    EMPTY = "empty"


@app.callback()
def main() -> None:
    """Check Individualised Learner Records by the official rules."""


@app.command()
def evaluate(
    pack: PackName,
    absent_reference: Annotated[
        AbsentReference,
        typer.Option(help="An absent table: not-run leaves rules not run, empty says: no rows."),
    ] = AbsentReference.NOT_RUN,
) -> None:
    """Evaluate records given as JSON Lines on standard input; write findings as JSON Lines.

    Ends with 0 when every line was evaluated, with 2 at the first line that is malformed.
    """
    chosen = _pack(pack)
    for number, line in enumerate(sys.stdin.buffer, 1):
        if not line.strip():
            continue
        try:
            content = orjson.loads(line)
            if not isinstance(content, dict):
                raise ValueError("not an object")  # noqa: TRY004, TRY301 - what users send
            result = evaluate_line(
                chosen, content, is_absent_empty=absent_reference is AbsentReference.EMPTY
            )
        except ValueError as error:
            typer.echo(f"line {number}: {error}", err=True)
            raise typer.Exit(CANNOT_CHECK) from error
        sys.stdout.buffer.write(orjson.dumps(result) + b"\n")
    sys.stdout.buffer.flush()


@app.command()
def validate(  # noqa: PLR0917 - typer fills the arguments by name
    file: Annotated[Path, typer.Argument(help="ILR file: XML, or a zip with one.")],
    out: Annotated[Path, typer.Option(help="Folder for the reports; made where it is not there.")],
    pack: Annotated[
        str | None, typer.Option(help="Academic year of the rules; by default that of the file.")
    ] = None,
    reference: Annotated[
        Path | None, typer.Option(help="Folder with a snapshot of reference data.")
    ] = None,
    return_name: Annotated[
        str | None,
        typer.Option("--return", help="R01 to R14; by default by preparation date and calendar."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes; by default one for each core.", min=1)
    ] = None,
    skip_file_name: Annotated[
        bool, typer.Option("--skip-file-name", help="Do not judge the name of the file.")
    ] = False,
    largest: Annotated[
        int, typer.Option(help="Refuse a file, or one in a zip, of more MiB.", min=1)
    ] = LARGEST // MIB,
    no_names: Annotated[
        bool, typer.Option("--no-names", help="Leave names out of the pages for people.")
    ] = False,
) -> None:
    """Validate an ILR file and write its reports.

    Ends with 0 when there is no error, 1 when errors were found or the file is refused, 2 when it
    could not be checked. Reports repeat names and ULNs: they are personal data.
    """
    if return_name is not None and return_name not in {f"R{number:02}" for number in range(1, 15)}:
        _stop("--return must be R01 to R14")
    if pack is not None:
        _pack(pack)
    with _stopping():
        order = Order(
            path=file,
            out=out,
            now=datetime.now(UTC),  # lint-skip: no-now the command's own clock
            application_version=version("ilr-validator"),
            pack=pack,
            return_name=return_name,
            reference=load_snapshot(reference) if reference else Snapshot(),
            workers=workers,
            largest=largest * MIB,
            checks_name=not skip_file_name,
            has_names=not no_names,
        )
        _validate(order)


def _validate(order: Order) -> NoReturn:
    began = time.monotonic()
    with _progress() as shown:
        task = shown.add_task("Checking learners", total=None)
        result = validate_file(
            order, lambda done, total: shown.update(task, completed=done, total=total)
        )
    _tell(result, time.monotonic() - began)
    refused = result.valid_file is None
    raise typer.Exit(ERRORS_FOUND if refused or result.errors else CLEAN)


@contextmanager
def _stopping() -> Iterator[None]:
    """End with 2, and say why, where a file cannot be checked."""
    try:
        yield
    except BrokenProcessPool:
        _stop("a process that checked learners has ended; is there enough memory?")
    except MemoryError:
        _stop("there is not enough memory")
    except KeyboardInterrupt:
        _stop("stopped")
    except (UnreadableFileError, SnapshotError, OSError) as error:
        _stop(str(error))


@app.command()
def rules(
    pack: PackName,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List the rules of a pack: severity, stage, and whether they are implemented."""
    chosen = _pack(pack)
    for row in rule_rows(chosen):
        if as_json:
            typer.echo(orjson.dumps(row).decode())
        else:
            done = "implemented" if row["implemented"] else "not run"
            typer.echo(f"{row['rule']:28} {row['severity']}  {row['stage']:10} {done}")
    _say_if_provisional(chosen)


def rule_rows(pack: Pack) -> list[dict[str, Any]]:
    """Give what is published of each rule of a pack."""
    return [
        {
            "rule": name,
            "group": facts.group,
            "stage": facts.stage,
            "severity": facts.severity_at(None),
            "severity_from": dict(facts.severity_from),
            "rejects_file": facts.rejects_file,
            "online_only": facts.is_online_only,
            "in_fis": facts.is_in_fis,
            "implemented": name not in pack.not_implemented,
            "not_judged": pack.not_judged.get(name),
        }
        for name, facts in sorted(pack.facts.items())
    ]


def _pack(name: str) -> Pack:
    try:
        return load(name)
    except LookupError as error:
        _stop(str(error))


def _stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(CANNOT_CHECK)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=Console(stderr=True),
    )  # fmt: skip


def _tell(result: Validation, seconds: float) -> None:
    refused = " The file is refused." if result.valid_file is None else ""
    typer.echo(
        f"{result.learners:,} learners checked by {result.pack} at"
        f" {result.return_name or 'no return'} in {seconds:.1f} s:"
        f" {result.errors:,} errors, {result.warnings:,} warnings,"
        f" {len(result.not_run):,} rules not run.{refused}"
    )
    for path in (*result.reports, result.valid_file):
        if path is not None:
            typer.echo(f"  {path}")
    _say_if_provisional(load(result.pack))


def _say_if_provisional(pack: Pack) -> None:
    if pack.is_provisional:
        typer.echo(
            f"The rules of {pack.name} are provisional: this check is partial. The wording of"
            f" {len(pack.not_judged)} rules is not published: they are not run for those whom the"
            f" changes of the year concern. Version: {pack.version}.",
            err=True,
        )


app.command()(migrate_year)
