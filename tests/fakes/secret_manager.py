"""Secret Manager as a gRPC server in this process, for Google's own client."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field

import google_crc32c
import grpc
from google.cloud.secretmanager_v1 import (
    AccessSecretVersionRequest,
    AccessSecretVersionResponse,
    SecretManagerServiceClient,
)
from google.cloud.secretmanager_v1.services.secret_manager_service.transports import (
    SecretManagerServiceGrpcTransport,
)

METHOD = "/google.cloud.secretmanager.v1.SecretManagerService/AccessSecretVersion"
NEWEST = "latest"


@dataclass
class FakeSecretManager:
    """Versions by secret, the newest last; ``faults`` are answered first, one a call.

    The ``silent`` are not answered while it runs; ``patience_s`` tells how long the callers meant
    to wait, in seconds.
    """

    address: str = ""
    secrets: dict[str, list[bytes | None]] = field(default_factory=dict)
    faults: list[grpc.StatusCode] = field(default_factory=list)
    forbidden: set[str] = field(default_factory=set)
    damaged: bool = False
    silent: set[str] = field(default_factory=set)
    ended: threading.Event = field(default_factory=threading.Event)
    patience_s: list[float] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def put(self, project: str, secret: str, *values: str | bytes | None) -> None:
        """A secret's versions; ``None`` is a destroyed one."""
        self.secrets[f"projects/{project}/secrets/{secret}"] = [
            value.encode() if isinstance(value, str) else value for value in values
        ]

    def client(self) -> SecretManagerServiceClient:
        """Google's client, connected to this server."""
        channel = grpc.insecure_channel(self.address)
        return SecretManagerServiceClient(
            transport=SecretManagerServiceGrpcTransport(channel=channel)
        )

    def access(self, data: bytes, context: grpc.ServicerContext) -> bytes:
        """Answer one ``AccessSecretVersion``."""
        name = AccessSecretVersionRequest.deserialize(data).name
        self.asked.append(name)
        self.patience_s.append(context.time_remaining())
        if self.faults:
            context.abort(self.faults.pop(0), "the fake was told to")
        secret, _, version = name.partition("/versions/")
        if secret in self.silent:
            self.ended.wait()
        if secret in self.forbidden:
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "robot@acme.iam has no access")
        versions = self.secrets.get(secret, [])
        number = len(versions) if version == NEWEST else int(version)
        if not 1 <= number <= len(versions):
            context.abort(grpc.StatusCode.NOT_FOUND, f"{name} not found")
        value = versions[number - 1]
        if value is None:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"{name} is in DESTROYED state")
        assert value is not None
        checksum = google_crc32c.value(value) ^ int(self.damaged)
        return AccessSecretVersionResponse.serialize(
            AccessSecretVersionResponse(
                name=f"{secret}/versions/{number}",
                payload={"data": value, "data_crc32c": checksum},
            )
        )


@contextmanager
def secret_manager() -> Iterator[FakeSecretManager]:
    """A running server without secrets."""
    fake = FakeSecretManager()
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))

    class Handler(grpc.GenericRpcHandler):
        def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
            if details.method != METHOD:
                return None
            return grpc.unary_unary_rpc_method_handler(fake.access)

    server.add_generic_rpc_handlers((Handler(),))
    fake.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield fake
    finally:
        fake.ended.set()
        server.stop(grace=None).wait()
