"""What a drop or a rename breaks, and where the name is written."""

from __future__ import annotations

import pytest

from peter_core.errors import InvalidRequest, NotFound
from peter_core.lineage.graph import Graph, plan_graph
from peter_core.lineage.impact import AffectedQuery, assess
from tests.core.lineage.test_graph import LINEAGE, PLAN, SIDE


@pytest.fixture(scope="module")
def graph() -> Graph:
    return plan_graph(PLAN, columns=True, column_lineage=LINEAGE, side_inputs=SIDE)


def test_a_dropped_column_names_charts_encodings_and_queries(graph: Graph) -> None:
    found = assess(graph, drop="nyc.flights/dep_delay")
    assert (found.change, found.node, found.dashboards) == (
        "drop", "column:local.nyc.flights/dep_delay", ("ops",)
    )  # fmt: skip
    assert [(chart.chart, chart.encodings) for chart in found.charts] == [
        ("delay", ("y: Delay",)), ("days", ()),
    ]  # fmt: skip
    assert found.queries == (
        AffectedQuery("ops", "daily", ("computes",), ("delay",)),
        AffectedQuery("ops", "again", ("computes",), ("delay",)),
    )


@pytest.mark.parametrize(
    "written",
    ["nyc.flights.dep_delay", "local.nyc.flights.DEP_DELAY", "`nyc.flights`.dep_delay"],
)
def test_a_column_may_be_written_as_in_sql(graph: Graph, written: str) -> None:
    assert assess(graph, drop=written) == assess(graph, drop="nyc.flights/dep_delay")


def test_a_column_that_only_filters_is_a_side_use(graph: Graph) -> None:
    found = assess(graph, drop="column:local.nyc.flights/CANCELLED")
    assert found.queries == (AffectedQuery("ops", "daily", ("constrains",)),)
    assert [chart.chart for chart in found.charts] == ["delay"]


def test_a_dropped_table_names_every_query_that_reads_it(graph: Graph) -> None:
    found = assess(graph, drop="`nyc.flights`")
    assert [(query.query, query.uses) for query in found.queries] == [
        ("daily", ("reads",)), ("again", ("reads",)),
    ]  # fmt: skip


def test_a_table_behind_filter_options_breaks_the_filter(graph: Graph) -> None:
    found = assess(graph, drop="nyc.airlines")
    assert [chart.chart for chart in found.charts] == ["filter:carrier"]


def test_a_rename_says_which_outputs_bear_the_old_name(graph: Graph) -> None:
    found = assess(graph, rename=("nyc.flights/day", "flight_day"))
    assert (found.change, found.new_name) == ("rename", "flight_day")
    assert [(query.query, query.carried) for query in found.queries] == [
        ("daily", ("day",)), ("again", ("day",)),
    ]  # fmt: skip
    aliased = assess(graph, rename=("nyc.flights/dep_delay", "local.nyc.flights/late"))
    assert [query.carried for query in aliased.queries] == [(), ()]


def test_a_table_may_get_a_name_of_another_dataset(graph: Graph) -> None:
    assert assess(graph, rename=("nyc.flights", "air.flights")).new_name == "air.flights"


@pytest.mark.parametrize(("old", "new"), [
    ("nyc.flights/day", "day"), ("nyc.flights/day", "other.table/day"), ("nyc.flights/day", ""),
    ("nyc.flights", "local.nyc.flights"), ("nyc.flights", "a.b.c.d"), ("nyc.flights", "x; DROP"),
])  # fmt: skip
def test_a_new_name_that_is_none_is_refused(graph: Graph, old: str, new: str) -> None:
    with pytest.raises(InvalidRequest, match="new name"):
        assess(graph, rename=(old, new))


def test_exactly_one_change_is_asked_for(graph: Graph) -> None:
    for drop, rename in ((None, None), ("nyc.flights", ("nyc.flights", "nyc.f"))):
        with pytest.raises(InvalidRequest, match="a drop or a rename"):
            assess(graph, drop=drop, rename=rename)


def test_a_chart_is_nothing_to_drop_from_a_warehouse(graph: Graph) -> None:
    with pytest.raises(InvalidRequest, match="A chart is nothing"):
        assess(graph, drop="chart:ops/delay")


@pytest.mark.parametrize("unknown", ["nyc.flights/dep_dealy", "nyc.fligths", "table:nope", ""])
def test_what_nobody_reads_is_not_found_with_the_nearest(graph: Graph, unknown: str) -> None:
    with pytest.raises(NotFound) as error:
        assess(graph, drop=unknown)
    assert error.value.hint
    assert "No published dashboard reads the " in error.value.message
    if "dealy" in unknown:
        assert "local.nyc.flights/dep_delay" in error.value.hint
