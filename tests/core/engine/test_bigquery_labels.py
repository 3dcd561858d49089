"""Labels say what a job is for, and nobody's name."""

from __future__ import annotations

import re

from peter_core.engine.bigquery.labels import job_labels, user_hash

SALT = b"s" * 32


def test_labels_fit_bigquerys_rules() -> None:
    labels = job_labels(
        {"peter_dashboard": "Flight Ops: Ünïcode", "9 Query": "x" * 100, "--": "lost"},
        user="",
        salt=SALT,
    )
    assert labels == {"peter_dashboard": "flight_ops___n_code", "query": "x" * 63}
    assert all(re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", key) for key in labels)


def test_a_user_is_a_keyed_hash_whatever_the_case() -> None:
    labels = job_labels({}, user="Ann@Example.com", salt=SALT)
    assert labels == {"peter_user": user_hash("ann@example.com", SALT)}
    assert re.fullmatch(r"[0-9a-f]{16}", labels["peter_user"])
    assert user_hash("ann@example.com", b"another key") != labels["peter_user"]


def test_a_caller_cannot_name_the_user_himself() -> None:
    labels = job_labels({"peter_user": "ann"}, user="bob@example.com", salt=SALT)
    assert labels["peter_user"] == user_hash("bob@example.com", SALT)
