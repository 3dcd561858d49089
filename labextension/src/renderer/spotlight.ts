/** The name that is pointed at somewhere in a dashboard: its marks stand out in every figure. */

/** One for a dashboard; figures listen to it. */
export class Spotlight {
  private readonly listeners = new Set<(name: string | null) => void>();
  private name: string | null = null;

  set(name: string | null): void {
    if (name === this.name) return;
    this.name = name;
    for (const listener of this.listeners) listener(name);
  }

  /** Calls back with each new name, null when there is none; gives the function that ends it. */
  onChange(listener: (name: string | null) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
