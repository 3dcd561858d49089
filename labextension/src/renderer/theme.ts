/** Light or dark: light on paper, else as asked for, as JupyterLab has it, or as the system has it. */

import type { ThemeName } from "../charts/tokens";
import type { ThemeChoice } from "./options";

/** The theme of one dashboard; it follows its surroundings until `destroy`. */
export class Theme {
  private readonly dark = window.matchMedia("(prefers-color-scheme: dark)");
  private readonly paper = window.matchMedia("print");
  private readonly observer: MutationObserver;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly root: HTMLElement,
    private choice: ThemeChoice,
  ) {
    this.observer = new MutationObserver(this.apply);
    this.observer.observe(document.body, {
      attributes: true,
      attributeFilter: ["data-jp-theme-light"],
    });
    for (const media of [this.dark, this.paper]) media.addEventListener("change", this.apply);
    this.apply();
  }

  get name(): ThemeName {
    if (this.paper.matches) return "light";
    if (this.choice !== "auto") return this.choice;
    const lab = document.body.dataset.jpThemeLight;
    if (lab !== undefined) return lab === "false" ? "dark" : "light";
    return this.dark.matches ? "dark" : "light";
  }

  choose(choice: ThemeChoice): void {
    this.choice = choice;
    this.apply();
  }

  /** Calls back after each change of colours; gives the function that ends it. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  destroy(): void {
    this.observer.disconnect();
    for (const media of [this.dark, this.paper]) media.removeEventListener("change", this.apply);
    this.listeners.clear();
  }

  private readonly apply = (): void => {
    const before = this.root.dataset.theme;
    this.root.dataset.theme = this.name;
    this.root.classList.toggle("pt-lab", document.body.dataset.jpThemeLight !== undefined);
    if (before === this.name) return;
    for (const listener of this.listeners) listener();
  };
}
