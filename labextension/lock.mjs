// Keeps addresses out of package-lock.json: npm writes funding pages into it.
import { readFile, writeFile } from "node:fs/promises";

const path = "package-lock.json"; // of the package that npm runs this for
const lock = JSON.parse(await readFile(path, "utf8"));
for (const entry of Object.values(lock.packages)) {
  delete entry.funding;
  delete entry.resolved;
}
await writeFile(path, `${JSON.stringify(lock, null, 2)}\n`);
