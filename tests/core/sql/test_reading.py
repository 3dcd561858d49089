"""The parser is sqlglot's, extended; what cannot be extended is said."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from peter_core.errors import ConfigError
from peter_core.sql.reading import require_plain, tokenize


@pytest.mark.parametrize("file", ["/lib/sqlglot/parser.py", "/lib/sqlglot/__pycache__/parser.pyc"])
def test_the_plain_parser_is_fine(file: str) -> None:
    assert require_plain(file) is None


def test_a_compiled_parser_is_told_with_what_to_do() -> None:
    with pytest.raises(ConfigError, match="sqlglotc") as caught:
        require_plain("/lib/sqlglot/parser.cpython-311-x86_64-linux-gnu.so")
    assert caught.value.hint == "Run `pip uninstall sqlglotc`; the plain sqlglot stays."


def test_many_threads_read_each_their_own_text() -> None:
    """One tokenizer serves all: a statement never gets another one's words."""
    texts = [f"SELECT a{n}, 'b{n}' FROM `d.t{n}` WHERE c = {n} -- {n}" for n in range(64)]
    alone = {text: [(t.token_type, t.text, t.start) for t in tokenize(text)] for text in texts}
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            together = list(threads.map(tokenize, texts * 8))
    finally:
        sys.setswitchinterval(before)
    for text, tokens in zip(texts * 8, together, strict=True):
        assert [(t.token_type, t.text, t.start) for t in tokens] == alone[text]
