/** A cursor over a chart's values that the arrow keys move and a live region speaks. */

import { h } from "../renderer/dom";
import { moved, type Point, type Tracks } from "./points";
import type { Tooltip } from "./tooltip";

/** What a cursor shows itself on. */
interface Stage {
  /** The element that has the keys' focus; it must be positioned. */
  host: HTMLElement;
  tooltip: Tooltip;
  /** Gives the values as they stand now. */
  tracks: () => Tracks;
  /** Where the plot begins within the host, in pixels. */
  origin: () => readonly [number, number];
  say: (text: string) => void;
}

/** Listens to its host's keys until `destroy`. */
export class Cursor {
  private readonly ring = h("div", { class: "cursor", hidden: true, "aria-hidden": "true" });
  private place: [number, number] | null = null;

  constructor(private readonly stage: Stage) {
    stage.host.append(this.ring);
    stage.host.addEventListener("keydown", this.key);
    stage.host.addEventListener("blur", this.leave);
  }

  /** The value the cursor is on, null when it is nowhere. */
  get point(): Point | null {
    return this.place ? (this.stage.tracks().tracks[this.place[0]]?.[this.place[1]] ?? null) : null;
  }

  destroy(): void {
    this.stage.host.removeEventListener("keydown", this.key);
    this.stage.host.removeEventListener("blur", this.leave);
    this.ring.remove();
  }

  private readonly key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape" && this.place) {
      event.stopPropagation();
      this.leave();
      return;
    }
    const tracks = this.stage.tracks();
    if (tracks.tracks.length === 0) return;
    const next = moved(tracks, this.place ?? [0, -1], event.key);
    if (!next) return;
    event.preventDefault();
    this.place = [next[0], Math.max(next[1], 0)];
    this.show();
  };

  private show(): void {
    const point = this.point;
    if (!point) return;
    const [left, top] = this.stage.origin();
    const [x, y] = [point.x + left, point.y + top];
    this.ring.hidden = false;
    this.ring.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
    this.stage.tooltip.show(point.rows, x, y);
    this.stage.say(point.rows.map(([title, text]) => `${title} ${text}`.trim()).join(", "));
  }

  private readonly leave = (): void => {
    if (!this.place) return;
    this.place = null;
    this.ring.hidden = true;
    this.stage.tooltip.hide();
    this.stage.say("");
  };
}
