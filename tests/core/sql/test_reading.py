"""The parser is sqlglot's, extended; what cannot be extended is said."""

from __future__ import annotations

import pytest

from peter_core.errors import ConfigError
from peter_core.sql.reading import require_plain


@pytest.mark.parametrize("file", ["/lib/sqlglot/parser.py", "/lib/sqlglot/__pycache__/parser.pyc"])
def test_the_plain_parser_is_fine(file: str) -> None:
    assert require_plain(file) is None


def test_a_compiled_parser_is_told_with_what_to_do() -> None:
    with pytest.raises(ConfigError, match="sqlglotc") as caught:
        require_plain("/lib/sqlglot/parser.cpython-311-x86_64-linux-gnu.so")
    assert caught.value.hint == "Run `pip uninstall sqlglotc`; the plain sqlglot stays."
