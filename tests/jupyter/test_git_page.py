"""The page about dashboards that are kept in git says what the commands know."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from peter_core.dashboard.model import Dashboard
from peter_jupyter.cli.app import app
from peter_jupyter.commands import VERBS

PAGE = (Path(__file__).parents[2] / "docs" / "git.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = re.findall(r"(?<![%\w])peter ([a-z]+)((?:[^`\n\\]|\\\n)*)", PAGE)


def options(name: str) -> set[str]:
    known: Any = typer.main.get_command(app)
    return {option for parameter in known.commands[name].params for option in parameter.opts}


@pytest.mark.parametrize(("name", "rest"), COMMANDS)
def test_every_command_on_the_page_exists_with_its_options(name: str, rest: str) -> None:
    assert set(re.findall(r"--[a-z-]+", rest)) <= options(name)


def test_the_page_names_the_commands_that_speak_for_a_place() -> None:
    assert {name for name, rest in COMMANDS if "--managed" in rest} == {
        "publish", "delete", "restore", "init",
    }  # fmt: skip
    assert "--managed" in {option.name for option in VERBS["publish"].options}


def test_the_examples_are_what_they_say() -> None:
    key, workflow = (yaml.safe_load(example) for example in EXAMPLES)
    assert set(key) <= set(Dashboard.model_fields)
    jobs = workflow["jobs"]
    assert jobs["publish"]["if"] == "github.event_name == 'push'"
    assert jobs["publish"]["needs"] in jobs
