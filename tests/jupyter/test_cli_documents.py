"""init, validate, fmt and schema."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from peter_core.dashboard.formatting import format_document
from peter_core.dashboard.loading import load_dashboard
from peter_core.dashboard.model import json_schema
from tests.jupyter.command_line import CommandLine
from tests.jupyter.conftest import DASHBOARD

WRONG = DASHBOARD.replace("y: delay}", "y: dealy}")
JUMBLED = DASHBOARD.replace(
    "version: 1\nslug: small-flights\n", "slug: small-flights\nversion: 1\n"
)


def test_a_first_dashboard_is_valid_formatted_and_publishes_without_a_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PETER_FOLDER", raising=False)
    peter = CommandLine(tmp_path)
    assert peter("init", "first-one").code == 0
    text = (tmp_path / "first-one.peter.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=./peter-dashboard-1.json\nversion: 1\n")
    assert format_document(text) == text
    checked = peter("validate", "first-one.peter.yaml")
    tiers = "syntax, guard, names, binding, dry run"
    assert checked.out == f"first-one.peter.yaml: valid (against the warehouse: {tiers})\n"
    assert peter("publish", "first-one.peter.yaml").code == 0
    warmed = peter("precompute", "first-one", "--json").json
    assert (warmed["status"], warmed["errors"]) == ("success", [])


def test_init_overwrites_nothing(peter: CommandLine) -> None:
    mine = Path(peter.file("mine.peter.yaml", "mine"))
    schema = Path(peter.file("peter-dashboard-1.json", "{}"))
    ran = peter("init", "mine")
    assert ran.code == 2
    assert "already there" in ran.err
    ran = peter("init", "other")
    assert ran.code == 0
    assert "another version and was left" in ran.err
    assert (mine.read_text(), schema.read_text()) == ("mine", "{}")


def test_init_takes_the_folders_name(peter: CommandLine) -> None:
    folder = peter.folder / "Shop Orders!"
    folder.mkdir()
    assert peter("init", "--folder", str(folder)).code == 0
    assert "slug: shop-orders\n" in (folder / "shop-orders.peter.yaml").read_text()


@pytest.mark.parametrize("slug", ["Über", "a", "../x", "api"])
def test_init_refuses_what_is_no_slug(peter: CommandLine, slug: str) -> None:
    ran = peter("init", slug)
    assert ran.code == 2
    assert ran.err.startswith("Error: ")
    assert list(peter.folder.glob("*.yaml")) == []


def test_a_problem_stands_above_its_line_and_a_caret(peter: CommandLine) -> None:
    peter.file("wrong.peter.yaml", WRONG)
    ran = peter("validate", "wrong.peter.yaml")
    assert ran.code == 1
    lines = ran.out.splitlines()
    number = next(n for n, line in enumerate(WRONG.splitlines(), 1) if "dealy" in line)
    column = WRONG.splitlines()[number - 1].index("dealy") + 1
    assert lines[0].startswith(f"wrong.peter.yaml:{number}:{column}: error: ")
    assert lines[1].index("dealy") == lines[2].index("^")
    assert "Did you mean 'delay'?" in ran.out
    assert lines[-1].startswith("wrong.peter.yaml: not valid (1 error, against the warehouse: ")


def test_several_files_are_checked_and_one_bad_one_fails_all(peter: CommandLine) -> None:
    files = [peter.file("a.peter.yaml", DASHBOARD), peter.file("b.peter.yaml", WRONG)]
    ran = peter("validate", *files, "--format", "json")
    assert ran.code == 1
    assert ran.json["valid"] is False
    good, bad = ran.json["files"]
    assert (good["file"], good["valid"], good["mode"]) == (files[0], True, "warehouse")
    assert len(good["revision"]) == 64
    assert [problem["path"] for problem in bad["problems"]] == ["charts.delay.y"]


def test_sarif_is_one_log_with_one_run_over_all_files(peter: CommandLine) -> None:
    broken = peter.file("c.peter.yaml", "version: 1\nslug: [\n")
    wrong = peter.file("b.peter.yaml", WRONG)
    ran = peter("validate", broken, wrong, "--format", "sarif")
    assert ran.code == 1
    (run,) = ran.json["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == sorted(set(rules))
    assert len(rules) == 2
    found = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]:
        rules[result["ruleIndex"]] == result["ruleId"]
        for result in run["results"]
    }  # fmt: skip
    assert found == {broken: True, wrong: True}


def test_offline_sees_no_tables_and_says_so(peter: CommandLine) -> None:
    unknown = DASHBOARD.replace("nyc.flights", "nyc.nothing")
    file = peter.file("a.peter.yaml", unknown)
    ran = peter("validate", file, "--mode", "offline")
    assert (ran.code, ran.out) == (0, f"{file}: valid (offline: syntax, guard)\n")
    ran = peter("validate", file)
    assert ran.code == 1
    assert "nyc.nothing" in ran.out


def test_standard_input_is_a_document(peter: CommandLine) -> None:
    assert peter("validate", "-", "--mode", "offline", input=DASHBOARD).code == 0
    ran = peter("validate", "-", input="version: 1\n\tslug: x\n")
    assert ran.code == 1
    assert ran.out.startswith("<stdin>:2:1: error: ")


@pytest.mark.parametrize("body", [b"\xff\xfe\x00", b"a" * 300_000, b"", b"&a [*a, *a]", b"\x1b[2J"])
def test_a_hostile_file_is_a_problem_and_no_crash(peter: CommandLine, body: bytes) -> None:
    (peter.folder / "bad.peter.yaml").write_bytes(body)
    ran = peter("validate", "bad.peter.yaml", "--mode", "offline")
    assert ran.code == 1
    assert ": error: " in ran.out
    assert "\x1b" not in ran.out


def test_a_missing_file_names_the_nearest(peter: CommandLine) -> None:
    peter.file("small.peter.yaml", DASHBOARD)
    ran = peter("validate", "smal.peter.yaml")
    assert ran.code == 2
    assert ran.err == "Error: There is no file smal.peter.yaml.\n  Did you mean small.peter.yaml?\n"


def test_fmt_orders_the_keys_and_keeps_the_files_mode(peter: CommandLine) -> None:
    path = Path(peter.file("a.peter.yaml", JUMBLED))
    path.chmod(0o640)
    assert peter("fmt", "a.peter.yaml").code == 0
    assert path.read_text() == DASHBOARD
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert peter("fmt", "a.peter.yaml", "--check").code == 0


def test_fmt_check_and_diff_write_nothing(peter: CommandLine) -> None:
    path = Path(peter.file("a.peter.yaml", JUMBLED))
    ran = peter("fmt", "a.peter.yaml", "--check")
    assert (ran.code, ran.err) == (1, "a.peter.yaml: would be formatted\n")
    ran = peter("fmt", "a.peter.yaml", "--diff")
    assert ran.code == 0
    assert "+version: 1\n slug: small-flights\n-version: 1\n" in ran.out
    assert peter("fmt", "a.peter.yaml", "--diff", "--check").code == 1
    assert path.read_text() == JUMBLED


def test_fmt_follows_a_link_and_leaves_it_a_link(peter: CommandLine) -> None:
    target = Path(peter.file("target.yaml", JUMBLED))
    link = peter.folder / "link.peter.yaml"
    link.symlink_to(target)
    assert peter("fmt", str(link)).code == 0
    assert link.is_symlink()
    assert target.read_text() == DASHBOARD


def test_fmt_formats_the_others_beside_a_broken_file(peter: CommandLine) -> None:
    broken = peter.file("a.peter.yaml", "version: [\n")
    good = Path(peter.file("b.peter.yaml", JUMBLED))
    ran = peter("fmt", broken, str(good))
    assert ran.code == 1
    assert f"{broken}: not formatted" in ran.err
    assert good.read_text() == DASHBOARD


def test_fmt_of_standard_input_goes_to_standard_output(peter: CommandLine) -> None:
    assert peter("fmt", "-", input=JUMBLED).out == DASHBOARD


def test_the_schema_is_the_one_of_the_models(peter: CommandLine) -> None:
    assert json.loads(peter("schema").out) == json_schema()


def test_init_writes_where_the_file_is_kept(peter: CommandLine) -> None:
    place = "https://git.example/acme/it's/sales.peter.yaml#L1"
    assert peter("init", "sales", "--managed", place, "--folder", str(peter.folder)).code == 0
    text = (peter.folder / "sales.peter.yaml").read_text()
    loaded = load_dashboard(text)
    assert loaded.dashboard is not None
    assert loaded.dashboard.managed == place
    assert format_document(text) == text


def test_init_takes_no_place_that_is_none(peter: CommandLine) -> None:
    ran = peter("init", "sales", "--managed", "git.example/sales", "--folder", str(peter.folder))
    assert ran.code == 2
    assert "https://" in ran.err
    assert not (peter.folder / "sales.peter.yaml").exists()
