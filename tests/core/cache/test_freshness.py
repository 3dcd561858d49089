"""What a kept result is worth, and that unknown is said as unknown."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peter_core.cache.freshness import Freshness, judge

COMPUTED = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
EARLIER = COMPUTED - dt.timedelta(days=1)
LATER = COMPUTED + dt.timedelta(minutes=1)
HOUR = 3600.0

Stamps = dict[str, dt.datetime | None]


def judged(
    age_s: float,
    then: Stamps,
    now: Stamps,
    *,
    ttl_s: float = 6 * HOUR,
    fresh_for_s: float | None = None,
) -> Freshness:
    return judge(COMPUTED, ttl_s, fresh_for_s, then, now, COMPUTED + dt.timedelta(seconds=age_s))


def test_a_result_whose_sources_did_not_change_is_fresh_until_its_ttl() -> None:
    assert judged(6 * HOUR - 1, {"t": EARLIER}, {"t": EARLIER}).status == "fresh"
    late = judged(6 * HOUR, {"t": EARLIER}, {"t": EARLIER})
    assert late.status == "stale"
    assert late.reason == "It was computed 6 h ago; it counts for 6 h."


def test_a_changed_source_makes_even_a_young_result_stale_and_is_named() -> None:
    found = judged(5, {"t": EARLIER, "u": EARLIER}, {"t": EARLIER, "u": LATER}, fresh_for_s=HOUR)
    assert (found.status, found.changed) == ("stale", True)
    assert found.reason == "u changed at 2026-11-01 12:01:00 UTC, after it was computed."


def test_a_source_restored_to_an_older_state_is_a_change_too() -> None:
    before = EARLIER - dt.timedelta(days=9)
    assert judged(5, {"t": EARLIER}, {"t": before}).status == "stale"


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ({"t": None}, {"t": EARLIER}),
        ({"t": EARLIER}, {"t": None}),
        ({"t": EARLIER}, {}),
    ],
)
def test_a_source_that_does_not_say_leaves_it_unknown(then: Stamps, now: Stamps) -> None:
    found = judged(5, then, now)
    assert found.status == "unknown"
    assert found.reason == "It cannot be told when t last changed."


def test_the_author_may_accept_an_unknown_for_a_while() -> None:
    assert judged(HOUR - 1, {"t": None}, {}, fresh_for_s=HOUR).status == "fresh"
    assert judged(HOUR, {"t": None}, {}, fresh_for_s=HOUR).status == "unknown"


def test_a_result_without_sources_is_fresh_until_its_ttl() -> None:
    assert judged(5, {}, {}).status == "fresh"


def test_a_clock_that_went_back_makes_no_negative_age() -> None:
    assert judged(-500, {"t": EARLIER}, {"t": EARLIER}).age_s == 0


STAMP = st.sampled_from([None, EARLIER, LATER])
STAMPS = st.dictionaries(st.sampled_from(["t", "u", "v"]), STAMP)


@given(STAMPS, STAMPS, st.floats(0, 1e6), st.none() | st.floats(1, 1e5))
def test_fresh_is_never_said_against_the_evidence(
    then: Stamps, now: Stamps, age_s: float, fresh_for_s: float | None
) -> None:
    found = judged(age_s, then, now, fresh_for_s=fresh_for_s)
    if found.status == "fresh":
        assert found.age_s < 6 * HOUR
        assert all(now.get(t) in (None, then[t]) for t in then if then[t] is not None)
        if fresh_for_s is None:
            assert all(then[t] is not None and now.get(t) == then[t] for t in then)
    else:
        assert found.reason
