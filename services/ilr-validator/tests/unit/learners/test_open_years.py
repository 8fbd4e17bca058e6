"""By whose rules a learner of a day is checked."""

from datetime import date

import pytest

from ilr_validator.packs import calendar
from ilr_validator.packs.calendar import Return, open_years


@pytest.fixture
def _three_years(monkeypatch: pytest.MonkeyPatch) -> None:
    def returns(pack: str) -> tuple[Return, ...]:
        year = int(pack[:4])
        return (
            Return("R01", date(year, 9, 4), is_inferred=False),
            Return("R14", date(year + 1, 10, 22), is_inferred=False),
        )

    monkeypatch.setattr(calendar, "_readable", lambda: ("2024-25", "2025-26", "2026-27"))
    monkeypatch.setattr(calendar, "returns", returns)


@pytest.mark.usefixtures("_three_years")
@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2025, 7, 31), ("2024-25",)),
        (date(2025, 9, 1), ("2024-25", "2025-26")),
        (date(2025, 10, 22), ("2024-25", "2025-26")),
        (date(2025, 10, 23), ("2025-26",)),
        (date(2026, 3, 2), ("2025-26",)),
        (date(2026, 10, 1), ("2025-26", "2026-27")),
    ],
)
def test_two_years_are_open_in_autumn(day: date, expected: tuple[str, ...]) -> None:
    assert open_years(day) == expected


@pytest.mark.usefixtures("_three_years")
def test_the_newest_year_stays_until_the_next_has_rules() -> None:
    assert open_years(date(2029, 1, 1)) == ("2026-27",)
    assert open_years(date(2020, 1, 1)) == ()


def test_a_year_whose_record_cannot_be_read_is_left_out() -> None:
    assert "2020-21" not in open_years(date(2021, 3, 1))
    assert "2025-26" in open_years(date(2026, 3, 2))
