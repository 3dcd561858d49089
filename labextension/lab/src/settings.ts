/** What a person may set: read once, then as it changes. */

import type { ISettingRegistry } from "@jupyterlab/settingregistry";
import { Signal } from "@lumino/signaling";
import type { Api } from "./api";

export const PLUGIN = "peter-lab:plugin";

/** The settings with their defaults, and a signal for whoever follows them. */
export class Preferences {
  autoPreview = true;
  openPreview = true;
  debounce = 500;
  readonly changed = new Signal<this, void>(this);

  constructor(private readonly api: Api) {}

  /** Follow the registry; without one the defaults stay. */
  async follow(registry: ISettingRegistry | null): Promise<void> {
    if (!registry) return;
    const settings = await registry.load(PLUGIN);
    const read = (): void => {
      const values = settings.composite;
      this.autoPreview = values.autoPreview !== false;
      this.openPreview = values.openPreview !== false;
      if (typeof values.debounce === "number") this.debounce = values.debounce;
      this.api.path = typeof values.serverUrl === "string" ? values.serverUrl : "";
      this.changed.emit();
    };
    settings.changed.connect(read);
    read();
  }
}
