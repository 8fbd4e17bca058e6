"""The table of units: its order, its checks and its round trip through JSON."""

import pytest

from matricula_localstack.units import BadPlanError, Kind, Plan, Unit, plan


def unit(name: str, *needs: str, kind: Kind = Kind.PROCESS) -> Unit:
    return Unit(name=name, purpose=f"does {name}", command=("true",), kind=kind, needs=needs)


def test_each_unit_follows_what_it_needs() -> None:
    names = [u.name for u in plan([unit("c", "b"), unit("b", "a"), unit("a"), unit("d")]).units]
    assert names.index("a") < names.index("b") < names.index("c")
    assert set(names) == {"a", "b", "c", "d"}


def test_a_doubled_name_is_refused_and_named() -> None:
    with pytest.raises(BadPlanError, match="two units have one name: a"):
        plan([unit("b"), unit("a"), unit("a")])


def test_a_need_that_nobody_meets_is_refused_and_named() -> None:
    with pytest.raises(BadPlanError, match="not in the table: ghost"):
        plan([unit("a", "ghost")])


def test_a_circle_of_needs_is_refused() -> None:
    with pytest.raises(BadPlanError, match="circle"):
        plan([unit("a", "b"), unit("b", "a"), unit("c")])


def test_a_plan_survives_the_way_to_the_supervisor() -> None:
    one = Unit(
        name="one",
        purpose="first",
        command=("python", "-V"),
        kind=Kind.TASK,
        environment={"A": "b"},
        ports=(1, 2),
        ready="http://127.0.0.1:1/readyz",
        stop_signal=2,
    )
    made = plan([one, unit("two", "one")], owner_pid=42)
    assert Plan.from_json(made.to_json()) == made
