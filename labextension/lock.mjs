// Keeps addresses out of package-lock.json: npm writes funding pages into it. What no registry had
// for another platform goes too: a strict npm takes it for a lock that is out of date.
import { readFile, writeFile } from "node:fs/promises";

const path = "package-lock.json"; // of the package that npm runs this for
const lock = JSON.parse(await readFile(path, "utf8"));
for (const entry of Object.values(lock.packages)) {
  delete entry.funding;
  delete entry.resolved;
  for (const name of Object.keys(entry.optionalDependencies ?? {})) {
    if (!(`node_modules/${name}` in lock.packages)) delete entry.optionalDependencies[name];
  }
}
await writeFile(path, `${JSON.stringify(lock, null, 2)}\n`);
