// Bundles the workspace into peter_jupyter/static.
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

await mkdir(out, { recursive: true });
const scripts = [
  { entry: "src/widget.ts", name: "widget.js", format: "esm" },
  { entry: "src/page.ts", name: "page.js", format: "iife" },
  { entry: "src/charts.ts", name: "charts.js", format: "iife" },
];
await Promise.all(
  scripts.map(({ entry, name, format }) =>
    build({ ...shared, entryPoints: [path(entry)], outfile: path(name, out), format }),
  ),
);
const styles = await build({
  ...shared,
  entryPoints: [path("src/styles/index.css")],
  write: false,
});
await writeFile(path("peter.css", out), (await themeCss()) + styles.outputFiles[0].text);

for (const name of ["page.js", "charts.js", "widget.js", "peter.css"]) {
  const file = path(name, out);
  const zipped = gzipSync(await readFile(file), { level: 9 }).length;
  const { size } = await stat(file);
  process.stdout.write(`${name.padEnd(10)} ${kB(size)} kB, ${kB(zipped)} kB gzip\n`);
}

function kB(bytes) {
  return (bytes / 1000).toFixed(1).padStart(6);
}
