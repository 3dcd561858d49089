"""Whatever is written as a setting: it is used, or it is refused by name and not repeated."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peter_core.config import read_settings
from peter_core.config.reading import FIELDS, Reading
from peter_core.config.secrets import SecretPath
from peter_core.config.sources import variables

NOWHERE = Path("/nonexistent/peter.toml")
TEXTS = st.one_of(
    st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=60),
    st.from_regex(r"(https?|redis|sqlite|sm|gs)://[ -~]{0,40}", fullmatch=True),
    st.from_regex(r"-?[0-9]{1,400}(\.[0-9]+)?(s|h|GB|MiB)?", fullmatch=True),
    st.sampled_from(["nan", "inf", "-0", "1e999999", "0x10", "١٢", "true", "{}", "[]", "null",
                     '{"EU": 1e9999}', '{"EU": {}}', "[" * 5000, "9" * 5000 + "d"]),
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner,
                                                               max_size=3),
    max_leaves=6,
)  # fmt: skip


class Reader:
    """Says whatever there is to say."""

    def read(self, path: SecretPath) -> str:
        return path.secret


def check(reading: Reading, field: str, value: str) -> None:
    assert (reading.settings is None) == bool(reading.faults)
    for fault in reading.faults:
        assert fault.name in FIELDS
        if len(value) > 8 and value.strip() == value and not value.startswith("sm://"):
            assert value not in str(fault), field


@pytest.mark.parametrize("field", FIELDS)
@settings(max_examples=12, deadline=None)
@given(value=TEXTS)
def test_any_text_is_used_or_refused(field: str, value: str) -> None:
    environment = {variables(field)[-1]: value}
    reading = read_settings(environment=environment, file=NOWHERE, secrets=Reader())
    check(reading, field, value)


@pytest.mark.parametrize("field", FIELDS)
@settings(max_examples=8, deadline=None)
@given(value=VALUES)
def test_any_value_of_an_argument_is_used_or_refused(field: str, value: object) -> None:
    check(read_settings({field: value}, environment={}, file=NOWHERE), field, str(value))


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_file_is_read_or_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "peter.toml"
        file.write_bytes(content)
        reading = read_settings(environment={}, file=file)
        assert (reading.settings is None) == bool(reading.faults)


@pytest.mark.parametrize(
    ("name", "value"),
    [("PETER_USD_PER_TIB_BY_LOCATION", "[" * 100_000),
     ("PETER_USD_PER_TIB_BY_LOCATION", '{"EU": 1e999999999999999999999}'),
     ("PETER_USD_PER_TIB_BY_LOCATION", '{"EU": NaN}'), ("PETER_USD_PER_TIB", "1e999999"),
     ("PETER_BUDGET_DAY_USD", "1e999999"), ("PETER_MAX_ROWS", "9" * 5000),
     ("PETER_MEMORY_CACHE", "999999999999999TiB"), ("PETER_FOLDER", "a" * 300),
     ("PETER_FOLDER", "a/" * 3000), ("PETER_FOLDER", "~nobody-of-that-name/x"),
     ("PETER_OTLP_ENDPOINT", "http://[::1"), ("PETER_TIMEOUT", "9" * 400 + "d")],
)  # fmt: skip
def test_monstrous_values_are_refused(name: str, value: str) -> None:
    (fault,) = read_settings(environment={name: value}, file=NOWHERE).faults
    assert fault.source == name


def test_lists_of_a_file_are_arrays_or_texts(tmp_path: Path) -> None:
    file = tmp_path / "peter.toml"
    file.write_text('authors = ["Ada@example.com", "@acme.io"]\nadmins = "root@acme.io"\n')
    known = read_settings(environment={}, file=file).require()
    assert known.authors == {"ada@example.com", "@acme.io"}
    assert known.admins == {"root@acme.io"}
