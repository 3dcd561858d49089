"""Settings: the environment and ``peter.toml`` become one frozen object."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from peter_core.dashboard.model import parse_age, parse_size
from peter_core.errors import ConfigError


def _size(value: object) -> object:
    return parse_size(value) if isinstance(value, str) else value


def _age(value: object) -> object:
    return parse_age(value) if isinstance(value, str) else value


def _names(value: object) -> object:
    if isinstance(value, str):
        return frozenset(name.strip() for name in value.split(",") if name.strip())
    return value


Bytes = Annotated[int, BeforeValidator(_size), Field(gt=0)]
Seconds = Annotated[float, BeforeValidator(_age), Field(gt=0)]


class Settings(BaseSettings):
    """What is in force.

    Every field is read from ``PETER_<FIELD>`` in the environment, else from ``peter.toml`` in the
    working directory, else its default. Sizes and ages are written with units (``1GB``, ``6h``).
    """

    model_config = SettingsConfigDict(
        env_prefix="PETER_", toml_file="peter.toml", extra="forbid", frozen=True
    )

    folder: Path = Path()
    """The workspace: ``data/`` with tables, ``dashboards/`` with what is published."""
    project: str = "local"
    """The project of table names that give none."""
    allowed_datasets: Annotated[frozenset[str] | None, NoDecode, BeforeValidator(_names)] = None
    """The only datasets statements may read, comma separated; unset allows all of the engine's."""
    default_max_bytes: Bytes = 10**9
    """The cap of a statement that names none, in billed bytes."""
    highest_max_bytes: Bytes = 10**12
    """No statement may raise its cap above this."""
    timeout: Seconds = 60.0
    """Seconds a statement may run."""
    max_rows: Annotated[int, Field(gt=0)] = 100_000
    """Rows kept of a result; all are counted."""
    ttl: Seconds = 6 * 3600.0
    """Seconds a cached result may be served for, where the document says nothing."""
    fresh_for: Seconds = 3600.0
    """Seconds a cached result counts as fresh when its tables cannot say whether they changed."""
    usd_per_tib: Annotated[Decimal, Field(ge=0)] = Decimal("6.25")
    """BigQuery's on-demand price."""
    memory_cache: Bytes = 128 * 2**20
    disk_cache: Bytes = 2 * 2**30
    engine_memory: Bytes = 2**30
    """Memory of one worker of the embedded engine."""
    engine_workers: Annotated[int, Field(gt=0, le=64)] = 2
    """Queries the embedded engine runs at once."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, the environment over ``peter.toml``."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(**values: Any) -> Settings:
    """The settings in force, with ``values`` above them.

    Raises
    ------
    ConfigError
        Naming every setting whose value cannot be used; values are not repeated.
    """
    try:
        return Settings(**values)
    except ValidationError as error:
        faults = [
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors(include_input=False, include_url=False)
        ]
        raise ConfigError(
            f"Peter's settings cannot be used: {'; '.join(faults)}.",
            hint="Set PETER_<NAME> in the environment or the name in peter.toml.",
        ) from None
    except ValueError as error:
        raise ConfigError(f"peter.toml cannot be read: {error}.") from error
