from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peter_core.plan.locales import locale
from peter_core.plan.moments import EPOCH, milliseconds, strftime, wall_clock

ENGLISH = locale("en-US")


@given(st.datetimes(min_value=dt.datetime(1000, 1, 1)))  # noqa: DTZ001  # wall clocks
@pytest.mark.parametrize(
    "pattern", ["%Y-%m-%d", "%H:%M:%S", "%j", "%U", "%W", "%V", "%G", "%u", "%w", "%I %p", "%b %B",
                "%a %A", "%y", "%f", "%%"],
)  # fmt: skip
def test_every_directive_is_strftimes(pattern: str, moment: dt.datetime) -> None:
    assert strftime(moment, pattern, ENGLISH) == moment.strftime(pattern)


def test_a_minus_drops_the_zero_and_an_unknown_directive_stays() -> None:
    moment = dt.datetime(2026, 3, 4, 5, 6)  # noqa: DTZ001  # a wall clock
    assert strftime(moment, "%-d.%-m. %_H %Q %", ENGLISH) == "4.3.  5 %Q %"
    assert strftime(moment, "Q%q '%y \"<b>\\", ENGLISH) == "Q1 '26 \"<b>\\"


@given(st.datetimes())
def test_milliseconds_read_back_as_the_wall_clock(moment: dt.datetime) -> None:
    back = EPOCH + dt.timedelta(milliseconds=milliseconds(moment))
    assert abs(back - moment) <= dt.timedelta(milliseconds=1)


def test_an_hour_that_the_clock_repeats_is_shown_twice() -> None:
    first = dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)
    second = first + dt.timedelta(hours=1)
    assert wall_clock(first, "Europe/Berlin") == wall_clock(second, "Europe/Berlin")


@pytest.mark.parametrize("moment", [dt.datetime.min, dt.datetime.max])  # noqa: DTZ901
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_ends_of_the_calendar_have_a_wall_clock(moment: dt.datetime, zone: str) -> None:
    assert wall_clock(moment.replace(tzinfo=dt.UTC), zone).tzinfo is None
