"""The demo: real flights become a verified, published dashboard, in a notebook and on a page."""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from peter_core import Peter

    Say = Callable[[str], None]

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "demo"
WORKSPACE = BUILD / "workspace"
DOCUMENT = ROOT / "notebooks" / "flight-operations.peter.yaml"
NOTEBOOK = ROOT / "notebooks" / "flight-operations.ipynb"
SLUG = "flight-operations"

console = Console(highlight=False, soft_wrap=True)  # an address is one line


def main() -> int:
    """Run the demo; ``--headless`` writes files and ends, otherwise JupyterLab opens."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--headless", action="store_true", help="write the files and end")
    arguments = parser.parse_args()
    began = time.perf_counter()
    WORKSPACE.mkdir(parents=True, exist_ok=True)
    load_tables()
    with _peter() as peter:
        publish(peter)
        if arguments.headless:
            export(peter)
    if arguments.headless:
        run_notebook()
        console.print(f"\n[bold green]Done[/] in {time.perf_counter() - began:.0f} s.")
        return 0
    return open_lab()


def load_tables() -> None:
    """Write the flights as Parquet; the second time there is nothing to do."""
    from tools.flights import write_flights

    with step("Loading 336,776 real flights of 2013") as say:
        written = write_flights(WORKSPACE)
        say(f"{len(written)} tables written" if written else "already there")


def publish(peter: Peter) -> None:
    """Verify, price, publish and precompute the dashboard."""
    from peter_core.billing import bytes_text
    from peter_core.costs import usd_text

    text = DOCUMENT.read_text(encoding="utf-8")
    with step("Verifying the document against the tables") as say:
        validation = peter.validate(text)
        if not validation.valid:
            raise SystemExit("\n".join(problem.message for problem in validation.problems))
        say("no problems")
    with step("Pricing it") as say:
        cost = peter.price(text)
        month = usd_text(cost.cost_usd_month or "0")
        say(f"{bytes_text(cost.estimated_bytes)} a load, {month} a month on BigQuery")
    with step("Publishing it with a receipt for every query") as say:
        publication = peter.publish(text, if_match="*")
        say(f"{len(publication.receipts)} receipts, revision {publication.revision[:7]}")
    with step("Precomputing every chart") as say:
        warmed = peter.precompute(SLUG)
        say(f"{warmed.queries_executed} queries run, {warmed.queries_cached} from cache")
        if warmed.status != "success":
            raise SystemExit("\n".join(error.message for error in warmed.errors))


def export(peter: Peter) -> None:
    """Write the dashboard as one HTML file and as a picture."""
    from peter_jupyter.export import export_html, export_png

    page = BUILD / f"{SLUG}.html"
    with step("Exporting HTML") as say:
        page.write_text(export_html(peter.data(SLUG).body), encoding="utf-8")
        say(str(page.relative_to(ROOT)))
    with step("Drawing a PNG") as say:
        picture = BUILD / f"{SLUG}.png"
        export_png(page, picture)
        say(str(picture.relative_to(ROOT)))


def run_notebook() -> None:
    """Execute the notebook as a reader would, beside its document."""
    import nbformat
    from nbclient import NotebookClient

    with step("Running the notebook") as say:
        os.environ["PETER_FOLDER"] = str(WORKSPACE)
        notebook = nbformat.read(NOTEBOOK, as_version=4)
        client = NotebookClient(
            notebook,
            timeout=120,
            kernel_name="python3",
            resources={"metadata": {"path": str(NOTEBOOK.parent)}},
            store_widget_state=False,
            # Its warning that TCP is not encrypted is no news on one machine.
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
        )
        client.execute()
        target = BUILD / NOTEBOOK.name
        nbformat.write(notebook, target)
        say(str(target.relative_to(ROOT)))


def open_lab() -> int:
    """Start JupyterLab on loopback with the notebook, the API and the page."""
    from tools.lab import free_port, lab_command

    port, token = free_port(), secrets.token_urlsafe(16)
    base = f"http://127.0.0.1:{port}"
    console.print()
    console.print(f"  Notebook   {base}/lab/tree/{NOTEBOOK.name}?token={token}")
    console.print(f"  Page       {base}/peter/dashboards/{SLUG}?token={token}")
    console.print(f"  API        {base}/peter/api/v1/dashboards?token={token}")
    console.print("\n  Press Ctrl-C to stop.\n", style="dim")
    start = f"--LabApp.default_url=/lab/tree/{NOTEBOOK.name}"
    command = lab_command(NOTEBOOK.parent, port, token, start)
    try:
        return subprocess.call(command, env={**os.environ, "PETER_FOLDER": str(WORKSPACE)})
    except KeyboardInterrupt:
        return 0


@contextmanager
def step(title: str) -> Iterator[Say]:
    """Show what is being done, then what came of it and how long it took."""
    began = time.perf_counter()
    said: list[str] = []
    with console.status(f"{title} …"):
        yield said.append
    note = f" [dim]· {said[-1]}[/]" if said else ""
    console.print(f"[green]✓[/] {title}{note} [dim]({time.perf_counter() - began:.1f} s)[/]")


def _peter() -> Peter:
    from peter_core import Peter

    return Peter.local(WORKSPACE)


if __name__ == "__main__":
    sys.exit(main())
