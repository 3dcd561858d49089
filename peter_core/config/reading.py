"""Reading settings: every source in its order, secrets fetched, every fault named at once."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from peter_core.config.secrets import SCHEME, SecretManager, SecretPath
from peter_core.config.settings import Settings
from peter_core.config.sources import FILE, Fault, Given, from_environment, from_file
from peter_core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

    from peter_core.config.secrets import SecretReader

FIELDS = tuple(Settings.model_fields)
LISTS = frozenset({"allowed_datasets", "allowed_emails", "authors", "admins"})
"""Fields an empty variable empties: nobody may come in, no dataset may be read."""
_CLOUD_NAMES = frozenset({"GCP_PROJECT_ID", "PETER_GCP_PROJECT_ID"})


@dataclass(frozen=True, slots=True)
class Reading:
    """The settings, where each one that was given is from, or all that is wrong.

    ``settings`` is ``None`` exactly when there are ``faults``. ``sources`` names a variable,
    ``peter.toml``, ``argument`` or a path in Secret Manager, by field; a field that is not in it
    has its default. ``fetched`` are the fields whose values are secrets from Secret Manager.
    """

    settings: Settings | None
    sources: Mapping[str, str]
    faults: tuple[Fault, ...]
    fetched: frozenset[str] = frozenset()

    def require(self) -> Settings:
        """The settings; raises ``ConfigError`` naming every fault."""
        if self.settings is not None:
            return self.settings
        raise ConfigError(
            f"Peter's settings cannot be used: {'; '.join(map(str, self.faults))}.",
            hint="Set PETER_<NAME> in the environment or the name in peter.toml.",
        )


def load_settings(**values: Any) -> Settings:
    """The settings in force, with ``values`` above them.

    Every field is read from ``PETER_<FIELD>`` in the environment, else from its plain name
    (`PLAIN_NAMES`), else from ``peter.toml`` in the working directory, else its default. A text
    ``sm://project/secret[/version]`` stands for the secret in Secret Manager.

    Raises
    ------
    ConfigError
        Naming every setting whose value cannot be used; values are not repeated.
    """
    return read_settings(values).require()


def read_settings(
    values: Mapping[str, Any] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    file: Path | None = None,
    secrets: SecretReader | None = None,
) -> Reading:
    """What `load_settings` reads, with its sources and with faults instead of an error.

    Parameters
    ----------
    environment, file, secrets
        Other than the process's own, ``peter.toml`` and Google's Secret Manager.
    """
    own = os.environ if environment is None else environment
    in_file, file_faults = from_file(FIELDS, file or Path(FILE))
    in_environment, name_faults = from_environment(FIELDS, LISTS, own)
    arguments = {name: Given(value, "argument") for name, value in (values or {}).items()}
    given = in_file | in_environment | arguments
    project = given.get("project")
    if "engine" not in given and project is not None and project.source in _CLOUD_NAMES:
        given["engine"] = Given("bigquery", project.source)
    with closing(SecretManager()) as own_secrets:
        given, fetched, secret_faults = _fetch(given, secrets or own_secrets)
    faults = [*file_faults, *name_faults, *secret_faults]
    unread = {fault.name for fault in secret_faults}
    usable = {name: known.value for name, known in given.items() if name not in unread}
    settings = None
    try:
        settings = Settings(**usable)
    except ValidationError as error:
        found = [_fault(one, given) for one in error.errors(include_input=False, include_url=False)]
        # What lacks a secret that could not be read is no second fault.
        faults += [fault for fault in found if not unread or fault.name in usable]
    sources = {name: known.source for name, known in given.items()}
    return Reading(None if faults else settings, sources, tuple(faults), fetched)


def _fetch(
    given: Mapping[str, Given], reader: SecretReader
) -> tuple[dict[str, Given], frozenset[str], list[Fault]]:
    """Every value that names a secret replaced by the secret."""
    known, fetched, faults = dict(given), set(), []
    for name, one in given.items():
        if not (isinstance(one.value, str) and one.value.startswith(SCHEME)):
            continue
        try:
            path = SecretPath.parse(one.value)
        except ValueError as error:
            faults.append(Fault(name, one.source, str(error)))
            continue
        try:
            known[name] = Given(reader.read(path), str(path))
            fetched.add(name)
        except ConfigError as error:
            reason = f"the secret {path} cannot be read: {error.message}"
            faults.append(Fault(name, one.source, reason, error.hint))
    return known, frozenset(fetched), faults


def _fault(error: ErrorDetails, given: Mapping[str, Given]) -> Fault:
    message = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        # A rule between fields; its text begins with the field.
        name, _, message = message.partition(": ")
    else:
        name = str(error["loc"][0])
        if error["type"] == "extra_forbidden":
            message = "there is no such setting"
        message = message[:1].lower() + message[1:]
    source = given[name].source if name in given else "default"
    return Fault(name, source, message)
