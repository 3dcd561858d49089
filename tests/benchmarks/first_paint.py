"""How soon a reader sees a cached page, and when its six charts are drawn, beside two peers.

    python -m tests.benchmarks.first_paint FOLDER [--runs 9] [--slow]

``FOLDER`` is where ``npm install vega-embed vega vega-lite echarts`` was run. Each page is loaded
by a browser without a cache, from one server on loopback that sends everything packed; the pages
take turns. Vega-embed draws Peter's own specs; ECharts draws the same data as SVG. The peers draw
no cards, legends, tables or filters around theirs. The processor's time of the page's main thread
moves least where other work is going on. ``--slow`` is a link of 2 Mbit/s with 100 ms to go.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from peter_core.plan.tokens import themed, vega_config
from peter_jupyter.export.browser import find_chromium
from peter_jupyter.page import STATIC, Addresses, dashboard_page

ROOT = Path(__file__).resolve().parents[2]
GALLERY = ROOT / "tests" / "fixtures" / "artifacts" / "gallery.json"
CHARTS = ("by_day", "regions", "conversion", "heat", "rating", "payment")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]

EMBED = """
import embed from "vega-embed";
const specs = JSON.parse(document.getElementById("data").textContent);
Promise.all(specs.map((spec, at) =>
  embed(document.getElementById(`c${at}`), spec, { renderer: "svg", actions: false })));
"""

ECHARTS = """
import * as echarts from "echarts";
const charts = JSON.parse(document.getElementById("data").textContent);
const pairs = (rows, key) => rows.filter(r => r.f2 === key || key === null).map(r => [r.f0, r.f1]);
const made = {
  by_day: rows => ({ xAxis: { type: "time" }, yAxis: {}, series: [
    { type: "line", areaStyle: {}, showSymbol: false, data: pairs(rows, 0) },
    { type: "line", showSymbol: false, data: pairs(rows, -1) }] }),
  regions: rows => ({ xAxis: { type: "category" }, yAxis: {}, series: [0, 1, 2, 3].map(key => ({
    type: "bar", stack: "all",
    data: rows.filter(r => r.f2 === key).map(r => [r.f0, r.f1 - r.f4]) })) }),
  conversion: rows => ({ xAxis: { type: "time" }, yAxis: { scale: true }, series: [
    { type: "line", showSymbol: false, data: pairs(rows, null) }] }),
  heat: rows => ({ xAxis: { type: "category" }, yAxis: { type: "category" },
    visualMap: { min: 0, max: 101 },
    series: [{ type: "heatmap", data: rows.map(r => [r.f0, r.f1, r.f2]) }] }),
  rating: rows => ({ xAxis: {}, yAxis: {}, series: [
    { type: "scatter", data: pairs(rows, null) }] }),
  payment: rows => ({ series: [{ type: "pie", radius: ["31%", "50%"],
    data: rows.map(r => ({ name: r.t0, value: r.f1 })) }] }),
};
charts.forEach(([name, rows], at) => {
  const chart = echarts.init(document.getElementById(`c${at}`), null, { renderer: "svg" });
  chart.setOption({ animation: false, ...made[name](rows) });
});
"""

# A chart counts once its drawing holds shapes.
WATCH = """
(() => {
  const look = () => {
    const full = [...document.querySelectorAll('.plot svg, .peer svg')]
      .filter(svg => svg.querySelectorAll('path').length > 2);
    if (full.length >= 6) window.__drawn = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()
"""


def rows_of(view: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows behind a view."""
    names = [column["name"] for column in view["data"]["columns"]]
    return [dict(zip(names, row, strict=True)) for row in zip(*view["data"]["values"], strict=True)]


def peer_page(data: object, script: str) -> str:
    """A page of six boxes and a script."""
    boxes = "".join(
        f'<div class="peer" id="c{at}" style="width:600px;height:280px;float:left"></div>'
        for at in range(len(CHARTS))
    )
    block = json.dumps(data).replace("<", "\\u003c")
    return (
        f'<!doctype html><meta charset="utf-8"><title>Peer</title><h1>Sales overview</h1>{boxes}'
        f'<script type="application/json" id="data">{block}</script>'
        f'<script defer src="{script}"></script>'
    )


def bundle(folder: Path, name: str, source: str) -> bytes:
    """One of the peers as a page would load it."""
    entry, out = folder / f"{name}.entry.mjs", folder / f"{name}.bundle.js"
    entry.write_text(source, "utf-8")
    esbuild = ROOT / "labextension" / "node_modules" / ".bin" / "esbuild"
    command = [str(esbuild), str(entry), "--bundle", "--minify", f"--outfile={out}"]
    subprocess.run([*command, "--log-level=error"], check=True)
    return out.read_bytes()


def files_of(folder: Path) -> dict[str, tuple[str, bytes]]:
    """Everything that is served, by its path."""
    artifact = json.loads(GALLERY.read_text("utf-8"))
    artifact["charts"] = {name: artifact["charts"][name] for name in CHARTS}
    tiles = [{"chart": name, "width": 6, "height": None} for name in CHARTS]
    rows = [tiles[at : at + 2] for at in range(0, len(tiles), 2)]
    artifact["layout"] = {"tabs": [{"title": None, "rows": rows}]}
    views = {name: artifact["charts"][name]["view"] for name in CHARTS}
    config = themed(vega_config(), "light")
    specs = [
        {**themed(view["spec"], "light"), "data": {"name": "table", "values": rows_of(view)},
         "config": config}
        for view in views.values()
    ]  # fmt: skip
    addresses = Addresses(data_url="/data", static_url="/static")
    peter = dashboard_page("Sales", addresses, artifact_json=json.dumps(artifact).encode())
    found = {
        "/peter": ("text/html", peter.encode()),
        "/vega-embed": ("text/html", peer_page(specs, "/embed.js").encode()),
        "/echarts": (
            "text/html",
            peer_page([[n, rows_of(v)] for n, v in views.items()], "/echarts.js").encode(),
        ),
        "/embed.js": ("text/javascript", bundle(folder, "embed", EMBED)),
        "/echarts.js": ("text/javascript", bundle(folder, "echarts", ECHARTS)),
    }
    for name in ("page.js", "charts.js", "peter.css"):
        kind = "text/css" if name.endswith("css") else "text/javascript"
        found[f"/static/{name}"] = (kind, (STATIC / name).read_bytes())
    return {path: (kind, gzip.compress(body, 6)) for path, (kind, body) in found.items()}


SLOW = {
    "offline": False,
    "latency": 100,
    "downloadThroughput": 250_000,
    "uploadThroughput": 250_000,
}


def load(browser: Browser, address: str, *, slow: bool) -> tuple[float, float, float]:
    """Milliseconds to the first contentful paint, to six charts, and of the main thread in all."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.add_init_script(WATCH)
    session = context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    if slow:
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", SLOW)
    page.goto(address)
    page.wait_for_function("window.__drawn", timeout=60_000)
    drawn = page.evaluate("window.__drawn")
    entry = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    paint = page.evaluate(entry)
    metrics = session.send("Performance.getMetrics")["metrics"]
    worked = next(one["value"] for one in metrics if one["name"] == "TaskDuration") * 1000
    context.close()
    return paint, drawn, worked


def main() -> int:
    """Print the medians."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--slow", action="store_true")
    asked = parser.parse_args()
    files = files_of(asked.folder)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, body = files.get(self.path.split("?")[0], ("text/plain", gzip.compress(b"")))
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    home = f"http://127.0.0.1:{server.server_address[1]}"
    pages = ("peter", "vega-embed", "echarts")
    times: dict[str, list[tuple[float, float, float]]] = {name: [] for name in pages}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        for name in pages:
            load(browser, f"{home}/{name}", slow=asked.slow)
        for _ in range(asked.runs):
            for name in pages:
                times[name].append(load(browser, f"{home}/{name}", slow=asked.slow))
        browser.close()
    server.shutdown()
    for name in pages:
        columns = zip(*times[name], strict=True)
        paint, drawn, worked = (statistics.median(column) for column in columns)
        sys.stdout.write(
            f"{name:11} first paint {paint:6.0f} ms   six charts {drawn:6.0f} ms"
            f"   main thread {worked:6.0f} ms\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
