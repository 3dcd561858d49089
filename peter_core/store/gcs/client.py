"""A client of Cloud Storage from configuration, and the names it may be pointed at."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

from peter_core.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

# https://cloud.google.com/storage/docs/buckets#naming
_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9._-]{1,220}[a-z0-9])")
_SEGMENT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")
_LONGEST_PREFIX = 256


def check_bucket(name: str) -> str:
    """The bucket's name itself.

    Raises
    ------
    ConfigError
        No bucket can have it.
    """
    if not _BUCKET.fullmatch(name):
        raise ConfigError(
            f"{name[:80]!r} is no name of a bucket.",
            hint="Name the bucket alone, without gs:// and without a path.",
        )
    return name


def check_prefix(prefix: str) -> str:
    """The prefix itself.

    Raises
    ------
    ConfigError
        It has empty parts, or characters that make keys hard to tell apart.
    """
    parts = prefix.split("/")
    if len(prefix) > _LONGEST_PREFIX or not all(_SEGMENT.fullmatch(part) for part in parts):
        raise ConfigError(
            f"{prefix[:80]!r} cannot be a prefix of keys in a bucket.",
            hint="Use letters, digits, hyphens and dots, with single slashes between.",
        )
    return prefix


def open_client(project: str | None, credentials_file: Path | str | None) -> Any:
    """A client with the file's credentials, or with the application-default ones.

    Raises
    ------
    ConfigError
        There are none, or the file is no key.
    """
    from google.auth.exceptions import GoogleAuthError

    try:
        # By name: the library has no types.
        client = import_module("google.cloud.storage").Client
    except ImportError as error:
        raise ConfigError(
            "A bucket needs the package google-cloud-storage, which is not installed."
        ) from error
    options = {"project": project} if project else {}
    # Not chained: what these libraries say may quote the key.
    try:
        if credentials_file is None:
            return client(**options)
        return client.from_service_account_json(str(credentials_file), **options)
    except GoogleAuthError:
        raise ConfigError(
            "There are no Google Cloud credentials for the bucket, or they cannot be read.",
            hint="Run `gcloud auth application-default login`, or name a service account's key.",
        ) from None
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"The credentials for the bucket cannot be used ({type(error).__name__}).",
            hint="Name the JSON key of a service account, and the project if it names none.",
        ) from None
