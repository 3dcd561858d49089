"""What a reader's browser has to load before it sees something, and after it."""

from __future__ import annotations

import gzip

import pytest

from peter_jupyter.page import STATIC


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("page.js", 20_000),
        ("history.js", 8_000),
        ("list.js", 8_000),
        ("account.js", 1_500),
        ("peter.css", 7_000),
        ("charts.js", 300_000),
        ("widget.js", 1_500),
        # With its styles, which a notebook has no page for.
        ("renderer.js", 26_000),
        ("lineage-widget.js", 34_000),
    ],
)
def test_a_bundle_stays_small_on_the_wire(name: str, most: int) -> None:
    assert len(gzip.compress((STATIC / name).read_bytes(), 9, mtime=0)) <= most
