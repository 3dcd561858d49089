// Bundles the workspace into peter_jupyter/static.
import { createHash } from "node:crypto";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = new URL("./", import.meta.url);
const out = new URL("../peter_jupyter/static/", here);
const path = (relative, base = here) => fileURLToPath(new URL(relative, base));

const shared = {
  bundle: true,
  minify: true,
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
};

/** The tokens of each theme as CSS variables. */
async function themeCss() {
  const theme = JSON.parse(await readFile(path("../peter_core/plan/theme.json"), "utf8"));
  const rule = (selector, tokens) =>
    `${selector}{${Object.entries(tokens)
      .map(([name, value]) => `--${name}:${value}`)
      .join(";")}}\n`;
  return rule(".pt", theme.light) + rule('.pt[data-theme="dark"]', theme.dark);
}

async function styles(entry) {
  const made = await build({ ...shared, entryPoints: [path(`src/styles/${entry}`)], write: false });
  return made.outputFiles[0].text;
}

/** The address of a built file within its folder; `page.py` makes the same. */
async function fileOf(name) {
  const digest = createHash("sha256").update(await readFile(path(name, out)));
  return `${name}?v=${digest.digest("hex").slice(0, 12)}`;
}

// What Vega can do and no chart of ours asks for: maps, forces, trees, word clouds, its colours.
const UNUSED =
  /^(d3-(geo|scale-chromatic)|vega-(crossfilter|force|geo|hierarchy|label|projection|regression|voronoi|wordcloud))$/;
// Vega makes a table of these when it is loaded.
const LISTS = "Accent Category10 Dark2 Observable10 Paired Pastel1 Pastel2 Set1 Set2 Set3".split(
  " ",
);
const EMPTY = `module.exports = { ${LISTS.map((list) => `scheme${list}: []`).join(", ")} }`;

const charts = {
  name: "charts",
  setup(bundle) {
    bundle.onResolve({ filter: UNUSED }, ({ path: unused }) => ({
      path: unused,
      namespace: "unused",
    }));
    bundle.onLoad({ filter: /./, namespace: "unused" }, () => ({ contents: EMPTY }));
    // Vega-Lite brings an older copy of what Vega has.
    bundle.onResolve({ filter: /^vega-expression$/ }, () => ({
      path: path("node_modules/vega-expression/build/vega-expression.js"),
    }));
  },
};

function script(entry, name, format, define = {}, more = {}) {
  const values = Object.entries(define).map(([key, value]) => [key, JSON.stringify(value)]);
  return build({
    ...shared,
    entryPoints: [path(entry)],
    outfile: path(name, out),
    ...more,
    format,
    define: Object.fromEntries(values),
  });
}

await mkdir(out, { recursive: true });
const STYLE = (await themeCss()) + (await styles("index.css"));
await writeFile(path("peter.css", out), STYLE);
await writeFile(path("first.css", out), await styles("first.css"));
await Promise.all([
  script("src/page.ts", "page.js", "iife"),
  script("src/history.ts", "history.js", "esm"),
  script("src/list.ts", "list.js", "iife"),
  script("src/account.ts", "account.js", "iife"),
  script("src/lineage.ts", "lineage.js", "iife"),
  script("src/lineage-widget.ts", "lineage-widget.js", "esm", { STYLE }),
  script("src/charts.ts", "charts.js", "iife", {}, { plugins: [charts] }),
  script("src/full.ts", "full.js", "esm", { STYLE }, { plugins: [charts] }),
]);
// Each of these knows the other's address, which is made of its content.
await script("src/renderer.ts", "renderer.js", "esm", {
  STYLE,
  CHARTS_FILE: await fileOf("charts.js"),
});
await script("src/widget.ts", "widget.js", "esm", {
  RENDERER_FILE: await fileOf("renderer.js"),
  LINEAGE_FILE: await fileOf("lineage-widget.js"),
});

for (const name of [
  "account.js",
  "page.js",
  "history.js",
  "list.js",
  "lineage.js",
  "lineage-widget.js",
  "charts.js",
  "peter.css",
  "first.css",
  "widget.js",
  "renderer.js",
  "full.js",
]) {
  const file = path(name, out);
  const zipped = gzipSync(await readFile(file), { level: 9 }).length;
  const { size } = await stat(file);
  process.stdout.write(`${name.padEnd(17)} ${kB(size)} kB, ${kB(zipped)} kB gzip\n`);
}

function kB(bytes) {
  return (bytes / 1000).toFixed(1).padStart(6);
}
