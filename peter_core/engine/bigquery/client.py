"""The real client with our credentials, connections and nothing it decides on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peter_core.errors import ConfigError, EngineUnavailable

if TYPE_CHECKING:
    from pathlib import Path

    from google.auth.credentials import Credentials
    from google.cloud.bigquery import Client

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


def make_client(
    project: str,
    *,
    location: str | None,
    credentials_file: Path | None,
    api_endpoint: str | None,
    connections: int,
) -> Client:
    """A client that keeps up to ``connections`` connections open.

    Without a key file the application-default credentials count. An endpoint without TLS is an
    emulator's and is given no credentials.

    Raises
    ------
    ConfigError
        The key file cannot be used.
    EngineUnavailable
        There are no application-default credentials.
    """
    from google.api_core.client_info import ClientInfo
    from google.auth.transport.requests import AuthorizedSession
    from google.auth.transport.requests import Request as TokenRequest
    from google.cloud import bigquery
    from requests import Session

    from peter_core.engine.bigquery.transport import TimedAdapter

    credentials = _credentials(credentials_file, api_endpoint)
    adapter = TimedAdapter(pool_connections=4, pool_maxsize=connections)
    # Tokens come over a session of their own, which by itself would wait two minutes for one.
    tokens = Session()
    session = AuthorizedSession(  # type: ignore[no-untyped-call]
        credentials,
        auth_request=TokenRequest(tokens),
    )
    for each in (tokens, session):
        each.mount("https://", adapter)
        each.mount("http://", adapter)
    return bigquery.Client(
        project=project,
        credentials=credentials,
        location=location,
        client_info=ClientInfo(user_agent="peter"),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": api_endpoint} if api_endpoint else None,
        _http=session,
    )


def make_read_client(credentials_file: Path | None) -> Any:
    """A client of the Storage Read API, without the endless retries of its convenient form.

    Raises
    ------
    ConfigError, EngineUnavailable
    """
    from google.cloud.bigquery_storage_v1.services.big_query_read import BigQueryReadClient

    return BigQueryReadClient(credentials=_credentials(credentials_file, None))


def _credentials(file: Path | None, endpoint: str | None) -> Credentials:
    import google.auth
    from google.auth.credentials import AnonymousCredentials
    from google.auth.exceptions import DefaultCredentialsError

    if endpoint is not None and endpoint.lower().startswith("http://"):
        return AnonymousCredentials()  # type: ignore[no-untyped-call]
    if file is not None:
        return _from_file(file)
    try:
        credentials, _ = google.auth.default(scopes=_SCOPES)
    except DefaultCredentialsError as error:
        raise EngineUnavailable(
            "There are no credentials for BigQuery.",
            hint="Run gcloud auth application-default login, or set the key file of a service "
            "account.",
        ) from error
    return credentials


def _from_file(file: Path) -> Credentials:
    """Only a service account's key: other kinds of files may send tokens to hosts they name."""
    from google.auth.exceptions import GoogleAuthError
    from google.oauth2.service_account import Credentials as ServiceAccount

    try:
        credentials: Credentials = ServiceAccount.from_service_account_file(  # type: ignore[no-untyped-call]
            str(file), scopes=_SCOPES
        )
    except (GoogleAuthError, OSError, ValueError, KeyError):
        # Not from the error: its text may hold parts of the key.
        raise ConfigError(
            f"The key file {file.name} of BigQuery's service account cannot be used.",
            hint="It is the JSON file that Google Cloud gave when the key was made.",
        ) from None
    return credentials
