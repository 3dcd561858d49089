// Bundles the extension with the shared renderer, then makes it a prebuilt one for JupyterLab.
import { spawnSync } from "node:child_process";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = new URL("./", import.meta.url);
const path = (relative) => fileURLToPath(new URL(relative, here));
const builder = "node_modules/@jupyter/builder/lib/build-labextension.js";
// Ours, whatever JupyterLab has of it: its version is the one that was tested.
const BUNDLED = new Set([
  "@codemirror/autocomplete",
  "@codemirror/lang-sql",
  "@codemirror/lang-yaml",
  "@codemirror/lint",
]);
const core = "node_modules/@jupyterlab/core-meta/core.package.json";

// What JupyterLab brings itself must be its own copy: tokens and editor states are compared.
const { jupyterlab, resolutions } = JSON.parse(await readFile(path(core), "utf8"));
const own = [...jupyterlab.singletonPackages, ...Object.keys(resolutions)].filter(
  (name) => !BUNDLED.has(name),
);

await rm(path("lib"), { recursive: true, force: true });
await mkdir(path("lib"));
await build({
  entryPoints: [path("src/index.ts")],
  outdir: path("lib"),
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  minify: true,
  external: own,
});
const styles = await build({
  entryPoints: [path("style/index.css")],
  bundle: true,
  minify: true,
  target: "es2022",
  write: false,
});
const shared = await readFile(path("../../peter_jupyter/static/peter.css"), "utf8");
await writeFile(path("lib/style.css"), shared + styles.outputFiles[0].text);

const made = spawnSync(
  process.execPath,
  [path(builder), "--core-package-file", path(core), path(".")],
  { cwd: path("."), encoding: "utf8" },
);
if (made.status !== 0) {
  process.stderr.write(`${made.stdout}${made.stderr}`);
  process.exit(made.status ?? 1);
}
await copyFile(path("install.json"), path("../../peter_jupyter/labextension/install.json"));
