"""PostgreSQL over TLS: the ledger speaks to the server that the authority vouches for only."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from peter_core.errors import StorageError
from peter_core.store.ledger import Ledger
from tests.servers.postgres import PostgresServer, postgres_server
from tests.servers.tls import Certificates, make_certificates


@pytest.fixture(scope="module")
def certificates() -> Iterator[Certificates]:
    # Not in pytest's folder: the server's user may not look into that.
    folder = Path(tempfile.mkdtemp(prefix="peter-tls-", dir="/tmp"))
    made = make_certificates(folder)
    if os.geteuid() == 0:
        for path in (folder, made.key, made.certificate):
            shutil.chown(path, "nobody")
    yield made
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def server(certificates: Certificates) -> Iterator[PostgresServer]:
    with postgres_server(
        "15", ssl="on", ssl_cert_file=str(certificates.certificate),
        ssl_key_file=str(certificates.key),
    ) as server:  # fmt: skip
        yield server


def _encrypted(ledger: Ledger) -> bool:
    asked = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    found = ledger.database.read(lambda connection: connection.exec_driver_sql(asked).scalar())
    return bool(found)


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
def test_the_ledger_works_over_tls(
    mode: str, server: PostgresServer, certificates: Certificates
) -> None:
    url = server.create(f"tls_{mode.replace('-', '_')}")
    ledger = Ledger(f"{url}?sslmode={mode}&sslrootcert={certificates.authority}")
    ledger.database.schema.upgrade()
    assert _encrypted(ledger)
    ledger.check()
    ledger.close()


def test_the_seeds_way_to_ask_for_tls_asks_for_it(server: PostgresServer) -> None:
    url = server.create("tls_seed").replace("postgresql://", "postgresql+asyncpg://")
    ledger = Ledger(f"{url}?ssl=require")
    ledger.database.schema.upgrade()
    assert _encrypted(ledger)
    ledger.close()


def test_a_server_of_another_authority_is_not_spoken_to(
    server: PostgresServer, tmp_path: Path
) -> None:
    others = make_certificates(tmp_path / "others")
    ledger = Ledger(f"{server.url()}?sslmode=verify-full&sslrootcert={others.authority}")
    with pytest.raises(StorageError) as caught:
        ledger.check()
    ledger.close()
    assert "127.0.0.1" not in str(caught.value)
