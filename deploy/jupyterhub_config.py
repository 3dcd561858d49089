"""JupyterHub with Google login and Peter as its service; `deploy/README.md` says what to set.

Start it with ``jupyterhub --config deploy/jupyterhub_config.py``. Everything that differs between
installations is read from the environment and from Peter's own settings (`peter.toml`).
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from urllib.parse import urlsplit

from peter_core.config import load_settings
from peter_core.errors import ConfigError

c = get_config()  # noqa: F821  # traitlets gives it to configuration files
settings = load_settings()

VIEWER = "access:services!service=peter"
AUTHOR = "custom:peter:author"
ADMIN = "custom:peter:admin"
PRODUCTION = settings.app_env == "production"
HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent


def env(name: str, default: str) -> str:
    """A variable, or its default where it is unset or empty."""
    return os.environ.get(name) or default


def emails(name: str) -> set[str]:
    """The addresses of a list that is not one of Peter's settings."""
    return {part.strip().lower() for part in os.environ.get(name, "").split(",") if part.strip()}


def people(entries: frozenset[str]) -> tuple[set[str], bool]:
    """The single addresses of a list, and whether it names the whole hosted domain."""
    domains = {entry for entry in entries if entry.startswith("@")}
    if domains - {f"@{settings.hosted_domain}"}:
        raise ConfigError(
            f"On a hub {sorted(domains)[0]} can be listed only when it is PETER_HOSTED_DOMAIN.",
            hint="Google vouches for accounts of a hosted domain; name others one by one.",
        )
    return set(entries - domains), bool(domains)


# Where everything is ---------------------------------------------------------------------------

data = Path(env("HUB_DATA", "hub-data")).resolve()
data.mkdir(mode=0o700, parents=True, exist_ok=True)
hub_port = int(env("HUB_API_PORT", "8081"))
c.JupyterHub.bind_url = env("HUB_URL", "http://:8000")
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{hub_port}"
c.JupyterHub.db_url = env("HUB_DATABASE_URL", f"sqlite:///{data / 'hub.sqlite'}")
c.JupyterHub.cookie_secret_file = str(data / "cookie_secret")
c.JupyterHub.pid_file = str(data / "hub.pid")
# The address people type, also where a proxy that ends TLS stands before this one.
public = env("HUB_PUBLIC_URL", c.JupyterHub.bind_url.replace("//:", "//localhost:")).rstrip("/")
c.JupyterHub.public_url = f"{public}/"
c.JupyterHub.default_url = f"{urlsplit(c.JupyterHub.bind_url).path.rstrip('/')}/hub/home"

packaged = HERE / "proxy" / "node_modules" / ".bin" / "configurable-http-proxy"
if packaged.exists():
    node = shutil.which("node") or str(BIN / "node")
    c.ConfigurableHTTPProxy.command = [node, str(packaged)]
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{env('HUB_PROXY_API_PORT', '8001')}"
c.ConfigurableHTTPProxy.pid_file = str(data / "proxy.pid")

# Who may come in -------------------------------------------------------------------------------

if settings.google_oauth_client_id is None or settings.google_oauth_client_secret is None:
    raise ConfigError(
        "GOOGLE_OAUTH_CLIENT_ID and GOOGLE_OAUTH_CLIENT_SECRET are not set.",
        hint="deploy/README.md says how to make them.",
    )
if not settings.allowed_emails:
    raise ConfigError(
        "ALLOWED_EMAILS is empty, so nobody could log in.",
        hint="List addresses, or @ and your PETER_HOSTED_DOMAIN for everybody in it.",
    )
allowed, whole_domain = people(settings.allowed_emails)
without_peter = emails("HUB_EMAILS_WITHOUT_PETER")

c.JupyterHub.authenticator_class = "google"
c.GoogleOAuthenticator.auto_login = True
c.GoogleOAuthenticator.client_id = settings.google_oauth_client_id
c.GoogleOAuthenticator.client_secret = settings.google_oauth_client_secret.get_secret_value()
c.GoogleOAuthenticator.oauth_callback_url = f"{public}/hub/oauth_callback"
c.GoogleOAuthenticator.hosted_domain = [settings.hosted_domain] if settings.hosted_domain else []
# A user is the whole address: ann@example.com and ann@example.org are two people.
c.GoogleOAuthenticator.strip_domain = False
c.GoogleOAuthenticator.allowed_users = allowed | without_peter
c.GoogleOAuthenticator.allow_all = whole_domain
# Who is taken off the list cannot log in again only because they once could.
c.GoogleOAuthenticator.allow_existing_users = False
c.GoogleOAuthenticator.admin_users = emails("HUB_ADMINS")
# Another provider that speaks as Google does: a gateway, or a stand-in for tests.
for name in ("authorize_url", "token_url", "userdata_url"):
    if os.environ.get(f"HUB_GOOGLE_{name.upper()}"):
        c.GoogleOAuthenticator[name] = os.environ[f"HUB_GOOGLE_{name.upper()}"]

# Peter -----------------------------------------------------------------------------------------

NOT_OF_THE_SERVICE = ("GOOGLE_OAUTH_CLIENT_ID", "GOOGLE_OAUTH_CLIENT_SECRET")
SETTINGS = (
    "APP_ENV", "BIGQUERY_DATASET", "DATABASE_URL", "GCP_PROJECT_ID",
    "GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT", "HOME", "REDIS_URL",
    "SESSION_SECRET_KEY",
)  # fmt: skip
c.JupyterHub.services = [
    {
        "name": "peter",
        "url": f"http://127.0.0.1:{env('HUB_PETER_PORT', '10101')}",
        "command": [
            str(BIN / "jupyterhub-peter"),
            "--identity-ttl", env("HUB_IDENTITY_TTL", "60"),
            "--identity-grace", env("HUB_IDENTITY_GRACE", "300"),
        ],
        "environment": {
            name: value
            for name, value in os.environ.items()
            if name in SETTINGS
            or (name.startswith("PETER_") and not name.endswith(NOT_OF_THE_SERVICE))
        },
        "oauth_client_allowed_scopes": [VIEWER, AUTHOR, ADMIN],
        # Peter is part of the hub: nobody is asked whether it may know who they are.
        "oauth_no_confirm": True,
        "display": True,
    },
]  # fmt: skip

c.JupyterHub.custom_scopes = {
    AUTHOR: {"description": "Run SQL and publish dashboards in Peter"},
    ADMIN: {"description": "Do everything in Peter", "subscopes": [AUTHOR]},
}
authors, all_authors = people(settings.authors)
admins, all_admins = people(settings.admins)
of_everybody = [VIEWER] * whole_domain + [AUTHOR] * all_authors + [ADMIN] * all_admins
c.JupyterHub.load_roles = [
    {"name": "user", "scopes": ["self", *of_everybody]},
    {"name": "peter-viewer", "scopes": [VIEWER], "users": sorted(allowed)},
    # Groups are for whoever runs the hub to fill on its admin page.
    {"name": "peter-author", "scopes": [VIEWER, AUTHOR], "users": sorted(authors & allowed),
     "groups": ["peter-authors"]},
    {"name": "peter-admin", "scopes": [VIEWER, AUTHOR, ADMIN], "users": sorted(admins & allowed),
     "groups": ["peter-admins"]},
]  # fmt: skip

# A program that publishes on its own: a service that has nothing but a token.
if os.environ.get("HUB_SCRIPT_TOKEN"):
    if len(os.environ["HUB_SCRIPT_TOKEN"]) < 32:
        raise ConfigError("HUB_SCRIPT_TOKEN is too short: it needs 32 characters or more.")
    c.JupyterHub.services.append(
        {"name": "peter-scripts", "api_token": os.environ["HUB_SCRIPT_TOKEN"]}
    )
    c.JupyterHub.load_roles.append(
        {"name": "peter-scripts", "scopes": [VIEWER, AUTHOR], "services": ["peter-scripts"]}
    )

# Notebooks -------------------------------------------------------------------------------------

spawner = os.environ.get("HUB_SPAWNER")
if spawner is None and PRODUCTION:
    raise ConfigError(
        "HUB_SPAWNER is not set: with APP_ENV=production it must be said who runs notebooks.",
        hint="Such as dockerspawner.DockerSpawner, or simple where every user is trusted.",
    )
# `simple` runs every notebook as this very user of the machine: for a trial, or among friends.
c.JupyterHub.spawner_class = spawner or "simple"
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
if spawner in (None, "simple") and hasattr(os, "geteuid") and os.geteuid() == 0:
    c.Spawner.args = ["--allow-root"]  # a Jupyter Server refuses to be root otherwise
c.Spawner.http_timeout = 90
c.SimpleLocalProcessSpawner.home_dir_template = str(data / "homes" / "{username}")
# What a notebook's own token may do, as far as its user may: publish to the hub, not administer.
c.Spawner.server_token_scopes = [
    "users:activity!user", "access:servers!server", VIEWER, AUTHOR,
]  # fmt: skip
