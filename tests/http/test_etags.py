"""If-Match and Accept, read as RFC 9110 writes them."""

from __future__ import annotations

import pytest

from peter_core.errors import InvalidRequest
from peter_jupyter.http.accepting import ARROW, CSV, JSON, preferred, preferred_coding
from peter_jupyter.http.etags import matching_revision
from peter_jupyter.http.statuses import RefusalError


@pytest.mark.parametrize(
    ("header", "named"),
    [
        (None, None),
        ("*", "*"),
        ('"aa"', "aa"),
        (' "aa" ', "aa"),
        ('"bb", "aa"', "aa"),
        ('"bb","cc"', "bb"),
        ('W/"aa"', "W/aa"),
    ],
)
def test_if_match_names_a_revision(header: str | None, named: str | None) -> None:
    assert matching_revision(header, "aa") == named


@pytest.mark.parametrize("header", ["", "aa", '"aa', '"aa" "bb"', 'w/"aa"', '"a\x00"', '*, "aa"'])
def test_what_is_no_tag_is_told(header: str) -> None:
    with pytest.raises(InvalidRequest):
        matching_revision(header, "aa")


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("text/csv", CSV),
        ("text/*", CSV),
        ("application/json;q=0.5, text/csv;q=0.9", CSV),
        (f"{ARROW}, */*;q=0.1", ARROW),
        ("application/json;q=0, */*", CSV),
        ("TEXT/CSV", CSV),
    ],
)
def test_the_best_liked_type_is_chosen(accept: str | None, chosen: str) -> None:
    assert preferred(accept, (JSON, CSV, ARROW)) == chosen


@pytest.mark.parametrize("accept", ["image/png", "text/csv;q=0", "text/csv;q=x", ";;;"])
def test_what_there_is_not_is_refused(accept: str) -> None:
    with pytest.raises(RefusalError) as refused:
        preferred(accept, (JSON, CSV))
    assert refused.value.status_code == 406


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [(None, "identity"), ("", "identity"), ("gzip", "gzip"), ("br, gzip;q=0.5", "br"),
     ("gzip, br;q=0.5", "gzip"), ("gzip, deflate, br, zstd", "br"), ("gzip;q=0", "identity"),
     ("*", "br"), ("identity", "identity"), ("gzip;q=0, *", "br"), ("br;q=0, *;q=0.1", "gzip"),
     ("identity, gzip;q=0.5", "identity"), ("zstd", "identity"), ("GZIP;Q=1", "gzip")],
)  # fmt: skip
def test_the_coding_is_the_one_that_is_liked_best(accept: str | None, chosen: str) -> None:
    assert preferred_coding(accept) == chosen


def test_a_header_of_many_ranges_is_read_in_part() -> None:
    assert preferred("text/csv;q=0.1," + ",".join(["x/y"] * 10_000), (JSON, CSV)) == CSV
