/** Which revision of a dashboard the work here was made from. */

import type { IStateDB } from "@jupyterlab/statedb";

const KEY = "peter-lab:seen";

/** The revision of each slug that was last opened as a file or published here; kept over reloads. */
export class Seen {
  private known: Promise<Record<string, string>>;

  constructor(private readonly state: IStateDB | null) {
    this.known = this.read();
  }

  async of(slug: string): Promise<string | null> {
    return (await this.known)[slug] ?? null;
  }

  async note(slug: string, revision: string): Promise<void> {
    const known = { ...(await this.known), [slug]: revision };
    this.known = Promise.resolve(known);
    await this.state?.save(KEY, known);
  }

  private async read(): Promise<Record<string, string>> {
    const saved: unknown = await this.state?.fetch(KEY).catch(() => null);
    const entries = saved !== null && typeof saved === "object" ? Object.entries(saved) : [];
    return Object.fromEntries(entries.filter(([, value]) => typeof value === "string"));
  }
}
