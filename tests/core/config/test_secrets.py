# ruff: noqa: S105, S106 (the secrets are made up)
"""Values in Secret Manager, read by Google's own client from a server that behaves like it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import grpc
import pytest

from peter_core.config import Reading, load_settings, read_settings
from peter_core.config.secrets import SecretManager, SecretPath
from tests.fakes.secret_manager import FakeSecretManager, secret_manager

KEY = "7f3a9c1e5b2d8064f1e2d3c4b5a69788"
NOWHERE = Path("/nonexistent/peter.toml")


@pytest.fixture
def fake() -> Iterator[FakeSecretManager]:
    with secret_manager() as running:
        running.put("acme", "session-key", "0" * 40, KEY + "\n")
        yield running


def read(fake: FakeSecretManager, deadline_s: float = 10.0, **environment: str) -> Reading:
    with closing(SecretManager(fake.client, deadline_s=deadline_s)) as manager:
        return read_settings(environment=environment, file=NOWHERE, secrets=manager)


def only_fault(reading: Reading) -> str:
    assert reading.settings is None
    (fault,) = reading.faults
    return str(fault)


def test_a_value_is_read_from_secret_manager(fake: FakeSecretManager) -> None:
    reading = read(fake, SESSION_SECRET_KEY="sm://acme/session-key")
    key = reading.require().session_secret_key
    assert key is not None
    assert key.get_secret_value() == KEY
    assert fake.asked == ["projects/acme/secrets/session-key/versions/latest"]
    assert reading.sources["session_secret_key"] == "sm://acme/session-key/latest"
    assert KEY not in repr(reading)


def test_a_version_may_be_named(fake: FakeSecretManager) -> None:
    fake.put("acme", "name", "old", "new")
    reading = read(fake, PETER_SERVICE_NAME="sm://acme/name/1")
    assert reading.require().service_name == "old"
    assert reading.fetched == {"service_name"}


def test_peter_toml_may_name_a_secret_too(fake: FakeSecretManager, tmp_path: Path) -> None:
    file = tmp_path / "peter.toml"
    file.write_text('session_secret_key = "sm://acme/session-key"\n')
    with closing(SecretManager(fake.client)) as manager:
        reading = read_settings(environment={}, file=file, secrets=manager)
    assert reading.require().session_secret_key is not None


def test_a_secret_that_is_not_there_is_named_with_its_setting(fake: FakeSecretManager) -> None:
    said = only_fault(read(fake, DATABASE_URL="sm://acme/db"))
    assert said == (
        "database_url (from DATABASE_URL): the secret sm://acme/db/latest cannot be read: "
        "it does not exist"
    )


def test_a_refusal_says_which_role_is_missing(fake: FakeSecretManager) -> None:
    fake.forbidden.add("projects/acme/secrets/session-key")
    said = only_fault(read(fake, SESSION_SECRET_KEY="sm://acme/session-key"))
    assert "reading it is not permitted; grant roles/secretmanager.secretAccessor" in said
    assert "robot@acme.iam" not in said


def test_a_destroyed_version_is_told(fake: FakeSecretManager) -> None:
    fake.put("acme", "gone", None)
    said = only_fault(read(fake, REDIS_URL="sm://acme/gone"))
    assert "the version is disabled or destroyed" in said
    assert "cache_key" not in said


def test_what_a_secret_holds_is_checked_and_not_repeated(fake: FakeSecretManager) -> None:
    fake.put("acme", "weak", "hunter2")
    said = only_fault(read(fake, SESSION_SECRET_KEY="sm://acme/weak"))
    assert "needs 32 bytes" in said
    assert "hunter2" not in said


def test_a_damaged_value_is_refused(fake: FakeSecretManager) -> None:
    fake.damaged = True
    said = only_fault(read(fake, SESSION_SECRET_KEY="sm://acme/session-key"))
    assert said.endswith("its value arrived damaged")


def test_bytes_that_are_no_text_are_refused(fake: FakeSecretManager) -> None:
    fake.put("acme", "bin", b"\xff\xfe")
    assert "not UTF-8" in only_fault(read(fake, SESSION_SECRET_KEY="sm://acme/bin"))


def test_a_short_outage_is_waited_out(fake: FakeSecretManager) -> None:
    fake.faults = [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAVAILABLE]
    assert read(fake, SESSION_SECRET_KEY="sm://acme/session-key").settings is not None
    assert len(fake.asked) == 3


def test_the_deadline_holds_for_all_secrets_together(fake: FakeSecretManager) -> None:
    fake.silent.add("projects/acme/secrets/silent")
    fake.put("acme", "silent", "too late")
    reading = read(fake, 1.8, SESSION_SECRET_KEY="sm://acme/silent",
                   PETER_SERVICE_NAME="sm://acme/silent",
                   PETER_HOST="sm://acme/silent")  # fmt: skip
    assert len(reading.faults) == 3
    assert all("did not answer in time" in fault.message for fault in reading.faults)
    # Each was given what the others had left of it.
    assert sum(fake.patience_s) < 2


def test_an_unknown_failure_keeps_its_text_to_itself(fake: FakeSecretManager) -> None:
    fake.faults = [grpc.StatusCode.INTERNAL]
    said = only_fault(read(fake, SESSION_SECRET_KEY="sm://acme/session-key"))
    assert "Secret Manager refused: InternalServerError" in said
    assert "told to" not in said


@pytest.mark.parametrize(
    "text", ["sm://", "sm://acme", "sm://acme/", "sm://acme/a b", "sm://acme/a/1/2", "sm:///a"]
)
def test_a_path_that_names_no_secret_is_refused_unread(fake: FakeSecretManager, text: str) -> None:
    assert "it is no path such as sm://project/secret" in only_fault(read(fake, DATABASE_URL=text))
    assert fake.asked == []


def test_a_path_knows_its_resource() -> None:
    assert SecretPath.parse("sm://acme/key/3").resource == "projects/acme/secrets/key/versions/3"


def test_the_process_reads_its_secrets_with_the_default_credentials(
    fake: FakeSecretManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients = []

    def connect() -> object:
        clients.append(fake.client())
        return clients[-1]

    monkeypatch.setattr("peter_core.config.secrets._connect", connect)
    monkeypatch.setenv("PETER_SERVICE_NAME", "sm://acme/session-key/1")
    monkeypatch.setenv("SESSION_SECRET_KEY", "sm://acme/session-key")
    assert load_settings().service_name == "0" * 40
    assert len(clients) == 1
    with pytest.raises(ValueError, match="closed channel"):
        clients[0].access_secret_version(name="projects/acme/secrets/session-key/versions/1")


def test_without_a_secret_nothing_connects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("peter_core.config.secrets._connect", lambda: pytest.fail("connected"))
    assert read_settings(environment={"PETER_QUEUE": "3"}, file=NOWHERE).settings is not None


def test_without_the_client_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.cloud.secretmanager_v1", None)
    reading = read_settings(environment={"DATABASE_URL": "sm://acme/db"}, file=NOWHERE)
    assert "the client of Secret Manager is not installed; install peter[secrets]" in (
        only_fault(reading)
    )
