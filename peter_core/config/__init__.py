"""Configuration: the environment, ``peter.toml`` and Secret Manager become one frozen object."""

from __future__ import annotations

from peter_core.config.reading import Reading, load_settings, read_settings
from peter_core.config.settings import Settings
from peter_core.config.sources import Fault
from peter_core.config.values import listed

__all__ = ["Fault", "Reading", "Settings", "listed", "load_settings", "read_settings"]
