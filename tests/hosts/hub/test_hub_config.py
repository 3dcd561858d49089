"""`deploy/jupyterhub_config.py`: what it makes of the environment, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from traitlets.config import PyFileConfigLoader

from peter_core.errors import ConfigError
from tests.servers.hub import CONFIG

VIEWER, AUTHOR, ADMIN = (
    "access:services!service=peter", "custom:peter:author", "custom:peter:admin",
)  # fmt: skip
TOLD = {
    "GOOGLE_OAUTH_CLIENT_ID": "client",
    "GOOGLE_OAUTH_CLIENT_SECRET": "of-google",
    "ALLOWED_EMAILS": "ann@example.com, Vera@example.com,ada@example.com",
    "PETER_AUTHORS": "ann@example.com,left@example.com",
    "PETER_ADMINS": "ada@example.com",
}


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The hub's configuration with an environment of its own."""
    monkeypatch.chdir(tmp_path)

    def load(**more: str | None) -> Any:
        for name, value in {**TOLD, **more}.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        return PyFileConfigLoader(CONFIG.name, path=str(CONFIG.parent)).load_config()

    return load


def roles(config: Any) -> dict[str, dict[str, Any]]:
    return {role["name"]: role for role in config.JupyterHub.load_roles}


def test_the_lists_become_roles_and_who_is_not_allowed_is_no_author(configured: Any) -> None:
    known = roles(configured())
    assert known["peter-viewer"]["users"] == [
        "ada@example.com", "ann@example.com", "vera@example.com"
    ]  # fmt: skip
    assert known["peter-author"]["users"] == ["ann@example.com"]
    assert known["peter-admin"]["users"] == ["ada@example.com"]
    assert known["user"]["scopes"] == ["self"]


def test_only_who_is_listed_comes_in_and_by_their_whole_address(configured: Any) -> None:
    google = configured(PETER_HOSTED_DOMAIN="example.com").GoogleOAuthenticator
    assert google.allowed_users == {"ada@example.com", "ann@example.com", "vera@example.com"}
    assert google.hosted_domain == ["example.com"]
    assert (google.strip_domain, google.allow_all, google.allow_existing_users) == (
        False, False, False,
    )  # fmt: skip


def test_a_domain_on_the_list_is_the_hosted_one(configured: Any) -> None:
    config = configured(
        ALLOWED_EMAILS="@example.com",
        PETER_AUTHORS="@example.com",
        PETER_HOSTED_DOMAIN="example.com",
    )
    assert config.GoogleOAuthenticator.allow_all is True
    assert roles(config)["user"]["scopes"] == ["self", VIEWER, AUTHOR]
    for hosted in (None, "example.org"):
        with pytest.raises(ConfigError, match=r"@example\.com"):
            configured(ALLOWED_EMAILS="@example.com", PETER_HOSTED_DOMAIN=hosted)


@pytest.mark.parametrize(
    ("name", "value"),
    [("ALLOWED_EMAILS", ""), ("ALLOWED_EMAILS", None), ("GOOGLE_OAUTH_CLIENT_ID", None)],
)
def test_a_hub_that_could_let_nobody_in_says_so(
    configured: Any, name: str, value: str | None
) -> None:
    more = {"GOOGLE_OAUTH_CLIENT_SECRET": None} if "GOOGLE" in name else {}
    with pytest.raises(ConfigError, match=name):
        configured(**{name: value, **more})


def test_a_short_token_for_scripts_is_refused(configured: Any) -> None:
    with pytest.raises(ConfigError, match="HUB_SCRIPT_TOKEN") as told:
        configured(**{"HUB_SCRIPT_TOKEN": "short-one"})
    assert "short-one" not in str(told.value)


def test_production_must_say_who_runs_notebooks(configured: Any) -> None:
    with pytest.raises(ConfigError, match="HUB_SPAWNER"):
        configured(APP_ENV="production")
    config = configured(APP_ENV="production", HUB_SPAWNER="dockerspawner.DockerSpawner")
    assert config.JupyterHub.spawner_class == "dockerspawner.DockerSpawner"


def test_the_service_is_told_peters_settings_and_not_the_hubs_secrets(configured: Any) -> None:
    secrets = {
        "HUB_SCRIPT_TOKEN": "t" * 32,
        "PETER_GOOGLE_OAUTH_CLIENT_SECRET": "of-google",
        "CONFIGPROXY_AUTH_TOKEN": "of-the-proxy",
    }
    config = configured(PETER_FOLDER="/data", GCP_PROJECT_ID="acme", **secrets)
    peter = config.JupyterHub.services[0]
    assert (peter["name"], peter["environment"]["PETER_FOLDER"]) == ("peter", "/data")
    assert peter["environment"]["GCP_PROJECT_ID"] == "acme"
    for secret in secrets.values():
        assert secret not in str(peter)
    assert "environment" not in config.Spawner


def test_a_notebooks_token_is_no_admins(configured: Any) -> None:
    scopes = configured().Spawner.server_token_scopes
    assert VIEWER in scopes
    assert ADMIN not in scopes
    assert not [scope for scope in scopes if scope.startswith("admin")]


def test_the_hubs_own_folder_is_its_users_alone(configured: Any, tmp_path: Path) -> None:
    configured()
    assert (tmp_path / "hub-data").stat().st_mode & 0o077 == 0
