"""Crash points: silent in production, deadly when armed."""

import subprocess
import sys

import pytest

from matricula_chassis.db.crash_points import (
    CRASH_POINTS,
    EXIT_CODE,
    VARIABLE,
    SimulatedCrash,
    armed_crash_point,
    crash_point,
)
from matricula_chassis.messaging import Consumer, Relay

PASS_THREE_TIMES = """
from matricula_chassis.db.crash_points import crash_point
for number in range(3):
    print(number, flush=True)
    crash_point("uow.before_commit")
"""


def run(value: str | None) -> "subprocess.CompletedProcess[str]":
    environment = {} if value is None else {VARIABLE: value}
    return subprocess.run(
        [sys.executable, "-c", PASS_THREE_TIMES],
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_an_unarmed_crash_point_does_nothing() -> None:
    assert run(None).returncode == 0


def test_the_environment_kills_the_process_at_the_nth_pass() -> None:
    killed = run("uow.before_commit:2")
    assert (killed.returncode, killed.stdout.split()) == (EXIT_CODE, ["0", "1"])


def test_another_armed_name_does_not_kill() -> None:
    assert run("relay.after_read").returncode == 0


def test_an_armed_point_raises_once_and_only_at_its_pass() -> None:
    with armed_crash_point("uow.before_commit", 2):
        crash_point("uow.before_commit")
        with pytest.raises(SimulatedCrash):
            crash_point("uow.before_commit")
        crash_point("uow.before_commit")
    crash_point("uow.before_commit")


def test_an_unknown_name_cannot_be_armed() -> None:
    with pytest.raises(LookupError), armed_crash_point("nowhere"):
        pass


def test_every_role_has_its_crash_points() -> None:
    assert Consumer.__module__
    assert Relay.__module__
    assert {
        "uow.before_outbox",
        "uow.before_commit",
        "uow.after_commit",
        "relay.after_read",
        "relay.after_send_before_mark",
        "relay.after_mark",
        "consumer.after_inbox",
        "consumer.before_commit",
        "consumer.after_commit_before_offset",
    } <= CRASH_POINTS
