"""A headless Chromium: where it is, and what is asked of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from peter_core.errors import ConfigError

TIMEOUT_S = 60
_NAMES = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
    "microsoft-edge", "microsoft-edge-stable", "msedge",
)  # fmt: skip
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
_FLAGS = (
    "--headless", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars",
    # Timers and frames of the page run ahead of the clock, so that nothing waits in vain.
    "--virtual-time-budget=8000",
)  # fmt: skip


def find_chromium(asked: str | None = None) -> str:
    """The program of a Chromium, Chrome or Edge on this machine.

    Raises
    ------
    ConfigError
        When there is none, or none of the name that was asked for.
    """
    if asked is not None:
        found = shutil.which(asked)
        if found is None:
            raise ConfigError(
                f"No browser can be started as {asked!r}.",
                hint="Give the path of a Chromium, Chrome or Edge program.",
            )
        return found
    known = (shutil.which(name) for name in (*_NAMES, *_PLACES))
    program = next((path for path in known if path), None)
    if program is None:
        raise ConfigError(
            "A picture needs Chromium, Chrome or Edge, and none is installed.",
            hint="Install one, such as Debian's package chromium, or export HTML instead.",
        )
    return program


def dump_page(program: str, url: str, profile: Path, *, width: int) -> str:
    """The page's HTML after its scripts ran, at a width in pixels.

    Raises
    ------
    ConfigError
        When the browser cannot be run.
    """
    done = _run(program, profile, f"--window-size={width},200", "--dump-dom", url)
    return done.stdout.decode("utf-8", "replace")


def take_picture(
    program: str, url: str, profile: Path, out: Path, *, width: int, height: int
) -> None:
    """Write a PNG of a page at a size in pixels.

    Raises
    ------
    ConfigError
        When the browser cannot be run, or writes no picture.
    """
    picture = profile / "picture.png"
    done = _run(program, profile, f"--window-size={width},{height}", f"--screenshot={picture}", url)
    if not picture.is_file():
        raise ConfigError(f"The browser wrote no picture: {_last_line(done.stderr)}")
    shutil.move(picture, out)


def print_page(program: str, url: str, profile: Path, out: Path, *, width: int) -> None:
    """Write a PDF of a page as its own print styles lay it out, drawn at a width in pixels.

    Raises
    ------
    ConfigError
        When the browser cannot be run, or writes no PDF.
    """
    printed = profile / "printed.pdf"
    flags = (f"--window-size={width},800", f"--print-to-pdf={printed}", "--no-pdf-header-footer")
    done = _run(program, profile, *flags, url)
    if not printed.is_file():
        raise ConfigError(f"The browser wrote no PDF: {_last_line(done.stderr)}")
    shutil.move(printed, out)


def _run(program: str, profile: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    flags = [*_FLAGS, f"--user-data-dir={profile / 'profile'}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Chromium refuses its own sandbox for root; the page's policy still holds.
        flags.append("--no-sandbox")
    try:
        done = subprocess.run(  # noqa: S603  # a program found here, arguments made here
            [program, *flags, *arguments], capture_output=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ConfigError(f"The browser did not draw the page within {TIMEOUT_S} s.") from error
    except OSError as error:
        raise ConfigError(f"The browser {program} cannot be started: {error.strerror}.") from error
    if done.returncode != 0:
        raise ConfigError(
            f"The browser stopped with code {done.returncode}: {_last_line(done.stderr)}"
        )
    return done


def _last_line(output: bytes) -> str:
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:200] if lines else "it said nothing."
