"""A workspace of eleven rows, for tests that look at words and statuses, not at numbers."""

from __future__ import annotations

from pathlib import Path

FLIGHTS = """\
flight_date,carrier,dep_delay,distance
2013-06-01,AA,2,1400
2013-06-01,UA,4,1416
2013-06-02,AA,33,1089
2013-06-02,B6,-1,1576
2013-06-03,UA,,762
"""
AIRLINES = "carrier,name\nAA,American\nB6,JetBlue\nUA,United\n"


def write_tables(folder: Path, *, flights: str = FLIGHTS, airlines: str = AIRLINES) -> Path:
    """Write ``nyc.flights`` and ``nyc.airlines`` as CSV; returns the workspace folder."""
    data = folder / "data" / "nyc"
    data.mkdir(parents=True)
    (data / "flights.csv").write_text(flights)
    (data / "airlines.csv").write_text(airlines)
    return folder
