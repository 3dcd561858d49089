"""Redis over TLS: a server that the given authority vouches for is used, and no other one."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from peter_core.cache.redis import RedisCache
from peter_core.cache.results import ResultCache
from tests.core.cache.samples import sample_entry
from tests.servers.redis import RedisServer
from tests.servers.tls import Certificates, TlsFront, make_certificates, tls_front

KEY = b"k" * 32


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("ours"))


@pytest.fixture
def front(redis_server: RedisServer, certificates: Certificates) -> Iterator[TlsFront]:
    with tls_front(redis_server.port, certificates) as front:
        yield front


def _url(front: TlsFront, certificates: Certificates, database: int = 990) -> str:
    return f"rediss://127.0.0.1:{front.port}/{database}?ssl_ca_certs={certificates.authority}"


def _answered(cache: ResultCache) -> bool:
    """Whether Redis answers in time; on a busy machine the handshake takes a while."""
    assert cache._layers is not None
    until = time.monotonic() + 20
    while cache._layers.redis.away:
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def test_two_servers_share_results_over_tls(
    front: TlsFront, certificates: Certificates, tmp_path: Path
) -> None:
    url = _url(front, certificates)
    first = ResultCache.open(tmp_path / "a", redis_url=url, key=KEY)
    second = ResultCache.open(tmp_path / "b", redis_url=url, key=KEY)
    try:
        for cache in (first, second):
            assert _answered(cache)
        kept = sample_entry()
        first.put("k", kept)
        found = second.get("k")
        assert found is not None
        assert found.result.table.equals(kept.result.table)
        assert second.stats().tiers["redis"].hits == 1
        assert front.connections >= 2
    finally:
        first.close()
        second.close()


@pytest.mark.parametrize("whose", ["another authority", "another address", "nobody named"])
def test_a_server_that_nobody_vouches_for_gets_nothing(
    whose: str,
    redis_server: RedisServer,
    certificates: Certificates,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    address = "127.0.0.2" if whose == "another address" else "127.0.0.1"
    others = make_certificates(tmp_path / "others", address=address)
    trusted = certificates if whose == "another authority" else others
    with tls_front(redis_server.port, others) as front:
        url = _url(front, trusted)
        if whose == "nobody named":
            url = url.partition("?")[0]
        with caplog.at_level(logging.WARNING):
            cache = RedisCache(url, budget_s=1)
            try:
                assert cache.away
                assert cache.get("k") is None
            finally:
                cache.close()
        # The front counts connections whose handshake was done.
        assert front.connections == 0
    assert any("Redis does not answer" in record.message for record in caplog.records)


def test_a_password_goes_through_tls_and_into_no_log(
    front: TlsFront, certificates: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    url = _url(front, certificates).replace("rediss://", "rediss://:canary-77b@")
    with caplog.at_level(logging.DEBUG):
        cache = RedisCache(url, budget_s=1)
        cache.close()
    assert "canary" not in caplog.text
