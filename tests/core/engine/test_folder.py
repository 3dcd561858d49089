from __future__ import annotations

import os
from pathlib import Path

import pytest

from peter_core.engine.csv_files import csv_delimiter, csv_fault
from peter_core.engine.folder import READERS, scan
from peter_core.engine.json_files import json_fault
from peter_core.engine.left_out import left_out


def plant(data: Path, *paths: str) -> Path:
    for path in paths:
        (data / path).parent.mkdir(parents=True, exist_ok=True)
        (data / path).write_text("a\n1\n", encoding="utf-8")
    return data


def test_table_files_are_found_and_other_files_are_not(tmp_path: Path) -> None:
    data = plant(
        tmp_path, "a/x.csv", "a/y.PARQUET", "b/z.ndjson", "a/notes.txt", "a/.hidden.csv",
        ".git/x.csv", "loose.csv", "a/deep/er.csv",
    )  # fmt: skip
    assert [(s.name, s.path) for s in scan(data)] == [
        ("a.x", "a/x.csv"), ("a.y", "a/y.PARQUET"), ("b.z", "b/z.ndjson"),
    ]  # fmt: skip


def test_a_folder_without_data_has_no_tables(tmp_path: Path) -> None:
    assert scan(tmp_path / "nowhere") == ()


@pytest.mark.parametrize(
    "path", ["a b/x.csv", "a/x y.csv", "a-b/x.csv", "temp/x.csv", "information_schema/x.csv",
             "a/x'y.csv", 'a/x"y.csv', "a/x;y.csv", "a/x*.csv", "a/-x.csv", "ä/x.csv"],
)  # fmt: skip
def test_names_bigquery_or_duckdb_cannot_have_are_problems(tmp_path: Path, path: str) -> None:
    (source,) = scan(plant(tmp_path, path))
    assert "cannot be the name" in str(source.problem)


def test_two_files_for_one_table_are_a_problem_of_the_second(tmp_path: Path) -> None:
    first, second = scan(plant(tmp_path, "a/x.csv", "A/X.json"))
    assert first.problem is None
    assert "data/A/X.json" in str(second.problem)


def test_what_is_no_file_is_never_opened(tmp_path: Path) -> None:
    (tmp_path / "a" / "folder.csv").mkdir(parents=True)
    os.mkfifo(tmp_path / "a" / "pipe.csv")
    (tmp_path / "a" / "nowhere.csv").symlink_to(tmp_path / "gone")
    assert {(s.table, s.problem) for s in scan(tmp_path)} == {
        ("folder", "it is no regular file"), ("pipe", "it is no regular file"),
    }  # fmt: skip


def test_a_change_of_who_may_read_a_file_counts_as_a_change(tmp_path: Path) -> None:
    plant(tmp_path, "a/x.csv")
    before = scan(tmp_path)
    (tmp_path / "a/x.csv").chmod(0o640)
    assert scan(tmp_path) != before


@pytest.mark.parametrize(
    ("header", "delimiter"),
    [("a,b", ","), ("a;b;c", ";"), ("a\tb", "\t"), ("a|b", "|"), ("a", ","),
     ('"x;y;z",b', ","), ("", ",")],
)  # fmt: skip
def test_the_first_line_tells_the_delimiter(tmp_path: Path, header: str, delimiter: str) -> None:
    (tmp_path / "x.csv").write_text(f"{header}\n1;2;3;4;5\n", encoding="utf-8")
    assert csv_delimiter(tmp_path / "x.csv") == delimiter


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"a,b\n1,2\n\n3,4\n", None),
        (b'a,b\n1,"x\ny"\n', None),
        (b"\xef\xbb\xbfa,b\n1,2\n", None),
        (b"a,b\n1,2\n3\n", "line 3 has 1 value, the header 2"),
        (b"a,b\n1,2,3\n", "line 2 has 3 values, the header 2"),
        (b'a,b\n1,"open\n2,3\n', "broken"),
        (b"a\n\xff\n", "it is not UTF-8 text"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, content: bytes, fault: str | None) -> None:
    (tmp_path / "x.csv").write_bytes(content)
    found = csv_fault(tmp_path / "x.csv")
    assert (found is None) if fault is None else (fault in str(found))


@pytest.mark.parametrize(
    ("content", "whole"),
    [(b'[{"a":1}]', True), (b' {"a":1}\n{"a":2}\n ', True), (b"\xef\xbb\xbf[]", True),
     (b'[{"a":1},', False), (b'[{"a":1}', False), (b'{"a":', False), (b"a", False), (b" ", False)],
)  # fmt: skip
def test_a_json_file_that_was_cut_short_is_seen(
    tmp_path: Path, content: bytes, whole: bool
) -> None:
    (tmp_path / "x.json").write_bytes(content)
    assert (json_fault(tmp_path / "x.json") is None) is whole


def test_files_that_look_like_tables_and_are_none_have_a_reason(tmp_path: Path) -> None:
    plant(
        tmp_path / "data", "loose.csv", "a/sheet.xlsx", "a/x.csv.gz", "a/parts/0.parquet",
        "a/good.csv", "a/README.md", "a/.hidden.xlsx", "a/docs/notes.md",
    )  # fmt: skip
    assert {one.path: one.reason for one in left_out(tmp_path)} == {
        "data/loose.csv": "it is in no dataset; move it to data/<dataset>/loose.csv",
        "data/a/sheet.xlsx": f".xlsx files are not read; {', '.join(READERS)} are",
        "data/a/x.csv.gz": f".gz files are not read; {', '.join(READERS)} are",
        "data/a/parts/": "a table is one file; folders in a dataset are not read",
    }


def test_a_workspace_without_data_leaves_nothing_out(tmp_path: Path) -> None:
    assert left_out(tmp_path) == ()


def test_the_values_of_a_tsv_file_are_between_tabs(tmp_path: Path) -> None:
    (tmp_path / "x.tsv").write_text("name, first, last\tn\n", encoding="utf-8")
    assert csv_delimiter(tmp_path / "x.tsv") == "\t"
