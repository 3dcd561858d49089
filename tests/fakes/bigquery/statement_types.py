"""The ``statementType`` of texts that are no query."""

from __future__ import annotations

import re

_SPACE = re.compile(r"(?:\s|#[^\r\n]*|--[^\r\n]*|/\*.*?\*/|\ufeff)+", re.DOTALL)
_WORD = re.compile(r"[A-Za-z]+")
_BY_WORD = {
    "INSERT": "INSERT", "UPDATE": "UPDATE", "DELETE": "DELETE", "MERGE": "MERGE",
    "TRUNCATE": "TRUNCATE_TABLE", "CREATE": "CREATE_TABLE", "DROP": "DROP_TABLE",
    "ALTER": "ALTER_TABLE", "UNDROP": "UNDROP_SCHEMA", "EXPORT": "EXPORT_DATA",
    "LOAD": "LOAD_DATA", "ASSERT": "ASSERT", "GRANT": "GRANT", "REVOKE": "REVOKE",
    **dict.fromkeys(
        ("BEGIN", "DECLARE", "SET", "EXECUTE", "CALL", "IF", "LOOP", "WHILE", "FOR", "REPEAT",
         "CASE", "RAISE", "RETURN", "COMMIT", "ROLLBACK", "START", "BREAK", "CONTINUE", "LEAVE"),
        "SCRIPT",
    ),
}  # fmt: skip


def statement_type(text: str) -> str | None:
    """By its first word; ``None`` when that begins nothing BigQuery runs but a query."""
    start = _SPACE.match(text)
    word = _WORD.match(text, start.end() if start else 0)
    found = _BY_WORD.get(word[0].upper()) if word else None
    if found == "CREATE_TABLE" and re.search(r"\bAS\s+(?:SELECT|WITH|\()", text, re.IGNORECASE):
        return "CREATE_TABLE_AS_SELECT"
    return found
