"""Peter where analysts work: notebook magics, displays, the widget and the server extension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["load_ipython_extension", "unload_ipython_extension"]


def __getattr__(name: str) -> str:
    # `jupyter server extension list` asks for it; nobody else pays for reading it.
    if name == "__version__":
        from peter_core import __version__

        return __version__
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register magics, displays and what Tab offers: ``%load_ext peter_jupyter``.

    Loads no engine, no pandas and no widget library; each comes with its first use.
    """
    from peter_jupyter.completion import register_completion
    from peter_jupyter.display.registration import register_displays
    from peter_jupyter.magics import PeterMagics

    magics = PeterMagics(shell)
    shell.register_magics(magics)
    register_completion(shell, magics.session)
    register_displays(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take the magics and the displays back and close what they opened."""
    from peter_jupyter.completion import unregister_completion
    from peter_jupyter.display.registration import unregister_displays
    from peter_jupyter.magics import PeterMagics

    magics = shell.magics_manager.registry.pop(PeterMagics.__name__, None)
    if isinstance(magics, PeterMagics):
        magics.session.close()
    for kind, names in PeterMagics.magics.items():
        for name in names:
            shell.magics_manager.magics[kind].pop(name, None)
    unregister_displays(shell)
    unregister_completion(shell)


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    # Only a server asks, so only a server pays for the import.
    from peter_jupyter.hosts.jupyter_server import PeterServerApp

    return [{"module": "peter_jupyter.hosts.jupyter_server", "app": PeterServerApp}]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "peter-lab"}]
