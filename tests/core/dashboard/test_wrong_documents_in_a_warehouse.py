"""Wrong documents whose fault only a warehouse or the SQL guard can tell."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from peter_core.service import Peter

if TYPE_CHECKING:
    from collections.abc import Iterator

FIXTURES = Path(__file__).parents[2] / "fixtures" / "documents"
EXPECTATION = re.compile(r"# expect: rule=(\S+) line=(\d+) column=(\d+)")
TABLES = {
    "flights": "year,month,day,dep_time,sched_dep_time,dep_delay,arr_time,sched_arr_time,arr_delay,"
    "carrier,flight,tailnum,origin,dest,air_time,distance,hour,minute,time_hour\n"
    "2013,6,1,517,515,2,830,819,11,UA,1545,N14228,EWR,IAH,227,1400,5,15,2013-06-01T05:00:00Z\n"
    "2013,6,2,533,529,4,850,830,20,UA,1714,N24211,LGA,IAH,227,1416,5,29,2013-06-02T05:00:00Z\n",
    "airlines": "carrier,name\nUA,United Air Lines Inc.\nAA,American Airlines Inc.\n",
    "airports": "faa,name,lat,lon,alt,tz,dst,tzone\n"
    "EWR,Newark Liberty Intl,40.6925,-74.168667,18,-5,A,America/New_York\n",
    "planes": "tailnum,year,type,manufacturer,model,engines,seats,speed,engine\n"
    "N14228,1999,Fixed wing multi engine,BOEING,737-824,2,149,107,Turbo-fan\n",
    "weather": "origin,year,month,day,hour,temp,wind_speed\nEWR,2013,6,1,1,39.02,10.35702\n",
}


@pytest.fixture(scope="module")
def peter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peter]:
    """Peter over a folder with a few rows of each table."""
    folder = tmp_path_factory.mktemp("workspace")
    data = folder / "data" / "nyc"
    data.mkdir(parents=True)
    for name, text in TABLES.items():
        (data / f"{name}.csv").write_text(text)
    service = Peter.local(folder)
    yield service
    service.close()


@pytest.mark.parametrize(
    "path", sorted((FIXTURES / "invalid" / "warehouse").glob("*.yaml")), ids=lambda path: path.stem
)
def test_one_fault_is_one_problem_at_its_place(peter: Peter, path: Path) -> None:
    text = path.read_text()
    match = EXPECTATION.match(text)
    assert match is not None, f"{path.name} does not say what is expected of it"
    found = peter.validate(text, mode="warehouse")
    assert found.mode == "warehouse"
    assert not found.valid
    places = [(problem.rule, problem.line, problem.column) for problem in found.problems]
    assert places == [(match[1], int(match[2]), int(match[3]))]


def test_valid_documents_are_valid_in_a_warehouse(peter: Peter, valid_text: str) -> None:
    found = peter.validate(valid_text, mode="warehouse")
    assert found.problems == ()
    assert found.valid
