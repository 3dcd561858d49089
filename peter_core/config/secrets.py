"""Values in Secret Manager, named ``sm://project/secret[/version]``."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from peter_core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEME = "sm://"
DEADLINE_S = 10.0
_PATH = re.compile(
    r"sm://(?P<project>[a-z0-9][a-z0-9.:-]{1,60})/(?P<secret>[A-Za-z0-9_-]{1,255})"
    r"(?:/(?P<version>latest|[0-9]{1,18}|[A-Za-z][A-Za-z0-9_-]{0,62}))?"
)


@dataclass(frozen=True, slots=True)
class SecretPath:
    """One version of one secret."""

    project: str
    secret: str
    version: str = "latest"

    @classmethod
    def parse(cls, text: str) -> SecretPath:
        """The path ``sm://project/secret[/version]`` names; raises ``ValueError``."""
        match = _PATH.fullmatch(text)
        if match is None:
            raise ValueError("it is no path such as sm://project/secret or sm://project/secret/3")
        return cls(match["project"], match["secret"], match["version"] or "latest")

    @property
    def resource(self) -> str:
        """The name Secret Manager knows it by."""
        return f"projects/{self.project}/secrets/{self.secret}/versions/{self.version}"

    def __str__(self) -> str:
        return f"{SCHEME}{self.project}/{self.secret}/{self.version}"


class SecretReader(Protocol):
    """Reads a secret's value."""

    def read(self, path: SecretPath) -> str:
        """The value; raises ``ConfigError`` saying why it cannot be read, never what it is."""
        ...


class SecretManager:
    """Google's Secret Manager, through its own client; connected at the first read.

    Parameters
    ----------
    connect
        Makes the client; the application default credentials serve when it is not given.
    deadline_s
        Seconds all reads together may take.
    """

    def __init__(
        self, connect: Callable[[], Any] | None = None, *, deadline_s: float = DEADLINE_S
    ) -> None:
        self._connect = connect or _connect
        self._client: Any = None
        self._ends = time.monotonic() + deadline_s

    def read(self, path: SecretPath) -> str:
        """The value, without the line feed at its end."""
        try:
            from google.api_core import exceptions, retry
            from google.auth.exceptions import GoogleAuthError
        except ImportError:
            raise ConfigError(_MISSING, hint=_INSTALL) from None
        left = max(0.01, self._ends - time.monotonic())
        try:
            self._client = self._client or self._connect()
            answer = self._client.access_secret_version(
                name=path.resource,
                timeout=left,
                retry=retry.Retry(
                    predicate=retry.if_exception_type(exceptions.ServiceUnavailable),
                    initial=0.1, maximum=1.0, timeout=left,
                ),
            )  # fmt: skip
        except exceptions.PermissionDenied:
            raise ConfigError("reading it is not permitted", hint=_GRANT) from None
        except exceptions.NotFound:
            raise ConfigError("it does not exist") from None
        except exceptions.FailedPrecondition:
            raise ConfigError("the version is disabled or destroyed") from None
        except (exceptions.RetryError, exceptions.DeadlineExceeded, exceptions.ServiceUnavailable):
            raise ConfigError("Secret Manager did not answer in time") from None
        except GoogleAuthError:
            raise ConfigError("there are no usable Google credentials", hint=_LOGIN) from None
        except exceptions.GoogleAPICallError as error:
            raise ConfigError(f"Secret Manager refused: {type(error).__name__}") from None
        return _text(answer.payload)

    def close(self) -> None:
        """Close the connection, where there is one."""
        if self._client is not None:
            self._client.transport.close()
            self._client = None


_MISSING = "the client of Secret Manager is not installed"
_INSTALL = "Install peter[secrets]"
_GRANT = "Grant roles/secretmanager.secretAccessor to who runs Peter"
_LOGIN = "Run `gcloud auth application-default login`, or give the server a service account"


def _connect() -> Any:
    try:
        from google.cloud.secretmanager_v1 import SecretManagerServiceClient
    except ImportError:
        raise ConfigError(_MISSING, hint=_INSTALL) from None
    return SecretManagerServiceClient()


def _text(payload: Any) -> str:
    """The payload as text, once it is known to have arrived whole."""
    import google_crc32c

    data = bytes(payload.data)
    if "data_crc32c" in payload and google_crc32c.value(data) != payload.data_crc32c:
        raise ConfigError("its value arrived damaged")
    try:
        return data.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise ConfigError("its value is not UTF-8 text") from None
