/** The history panel of authors: who published what, what differs, and bringing one back. */

import { ago, moment } from "../format";
import { historyMessages, messages } from "../messages";
import { button, type Child, h, link, uniqueId } from "../renderer/dom";
import { icon } from "../renderer/icons";
import { stateBlock } from "../renderer/states";
import { changeList } from "./changes";
import { RequestProblem } from "./fetching";
import { fetchChanges, fetchRevisions, restore, type Revision } from "./revisions";

/** How the dashboard writes moments, and what follows a restore. */
export interface HistoryOptions {
  locale: string;
  timezone: string;
  onRestored: () => void;
}

/** Opens the panel for a dashboard, `board` being its address in the API. */
export function openHistory(host: HTMLElement, board: string, options: HistoryOptions): void {
  void new HistoryPanel(host, board, options).load();
}

class HistoryPanel {
  private readonly dialog: HTMLDialogElement;
  private readonly compared = h("section", { class: "compared" });
  private readonly list = h("div", { class: "revisions" });
  private readonly kept = h("p", { class: "kept" });
  private readonly status = h("p", { class: "done", role: "status" });
  private revisions: Revision[] = [];
  /** Where the file is kept and changed; null for here. */
  private managed: string | null = null;
  /** Which comparison is wanted now: an answer to an earlier question is too late. */
  private asked = 0;

  constructor(
    host: HTMLElement,
    private readonly board: string,
    private readonly options: HistoryOptions,
  ) {
    const id = uniqueId("history");
    this.dialog = h("dialog", { class: "details history", "aria-labelledby": id });
    const close = { class: "icon", "aria-label": messages.close, title: messages.close };
    this.dialog.append(
      h(
        "div",
        { class: "hd" },
        h("h2", { id }, messages.history),
        button(close, () => this.dialog.close(), icon("close")),
      ),
      this.kept,
      this.status,
      this.compared,
      this.list,
    );
    this.dialog.addEventListener("close", () => this.dialog.remove());
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
    host.append(this.dialog);
    this.dialog.showModal();
  }

  /** Asks for the history anew and compares the last two. */
  async load(): Promise<void> {
    this.dialog.setAttribute("aria-busy", "true");
    try {
      ({ revisions: this.revisions, managed: this.managed } = await fetchRevisions(this.board));
    } catch (error) {
      this.compared.replaceChildren(this.failed(error, () => void this.load()));
      return;
    } finally {
      this.dialog.removeAttribute("aria-busy");
    }
    const all = this.revisions;
    const place = this.managed;
    if (place) this.kept.replaceChildren(historyMessages.keptAt, " ", link(place, place));
    else this.kept.replaceChildren();
    this.list.replaceChildren(h("ol", {}, ...all.map((entry, at) => this.row(entry, at))));
    const kept = all.filter((entry) => !entry.deleted);
    const [last, before] = kept;
    if (last && before) this.compare(before, last);
    else this.compared.replaceChildren(h("p", { class: "same" }, historyMessages.onlyOne));
  }

  private row(entry: Revision, at: number): HTMLElement {
    const current = at === 0 && !entry.deleted;
    const what = entry.deleted
      ? historyMessages.deleted
      : (entry.message ?? historyMessages.noMessage);
    return h(
      "li",
      {},
      h("span", { class: "number", "aria-hidden": "true" }, String(entry.number)),
      h(
        "div",
        { class: "what" },
        h(
          "p",
          { class: entry.message === null || entry.deleted ? "quiet" : null },
          what,
          current && h("span", { class: "badge ok" }, historyMessages.publishedNow),
        ),
        h("p", { class: "who" }, entry.published_by, " · ", this.when(entry), " · ", code(entry)),
      ),
      h("div", { class: "acts" }, ...this.acts(entry, current)),
    );
  }

  private acts(entry: Revision, current: boolean): Child[] {
    const head = this.head();
    if (entry.deleted || current || !head) return [];
    const name = historyMessages.revisionName(entry.number);
    const compare = { class: "btn", "aria-label": `${historyMessages.compare}: ${name}` };
    const again = { class: "btn", "aria-label": `${historyMessages.restore}: ${name}` };
    return [
      button(compare, () => this.compare(entry, head, true), historyMessages.compare),
      !this.managed && button(again, () => this.confirm(entry, head), historyMessages.restore),
    ];
  }

  private when(entry: Revision): HTMLElement {
    const { locale, timezone } = this.options;
    const at = moment(entry.published_at, locale, timezone);
    return h("time", { datetime: entry.published_at, title: at }, ago(entry.published_at));
  }

  /** What is published now. */
  private head(): Revision | null {
    const last = this.revisions[0];
    return last && !last.deleted ? last : null;
  }

  private compare(from: Revision, to: Revision, focus = false): void {
    const kept = this.revisions.filter((entry) => !entry.deleted);
    const changes = h("div", { class: "outcome", "aria-live": "polite" });
    const earlier = this.choice(historyMessages.compareFrom, kept, from, (chosen) => {
      void this.show(changes, (from = chosen), to);
    });
    const later = this.choice(historyMessages.compareTo, kept, to, (chosen) => {
      void this.show(changes, from, (to = chosen));
    });
    this.compared.replaceChildren(h("div", { class: "between" }, earlier, later), changes);
    if (focus) this.compared.querySelector("select")?.focus();
    void this.show(changes, from, to);
  }

  private choice(
    label: string,
    entries: Revision[],
    chosen: Revision,
    onChange: (entry: Revision) => void,
  ): HTMLElement {
    const select = h(
      "select",
      { "aria-label": label },
      ...entries.map((entry) =>
        h(
          "option",
          { value: entry.number, selected: entry === chosen },
          `${entry.number} · ${entry.revision.slice(0, 7)} · ${entry.published_by}`,
        ),
      ),
    );
    select.addEventListener("change", () => {
      const entry = entries.find((one) => String(one.number) === select.value);
      if (entry) onChange(entry);
    });
    return h("label", { class: "field" }, h("span", {}, label), select);
  }

  private async show(place: HTMLElement, from: Revision, to: Revision): Promise<void> {
    this.asked += 1;
    const asked = this.asked;
    try {
      const same = from.revision === to.revision;
      const changes = same ? [] : await fetchChanges(this.board, from.revision, to.revision);
      if (asked === this.asked) place.replaceChildren(changeList(changes));
    } catch (error) {
      if (asked !== this.asked) return;
      place.replaceChildren(this.failed(error, () => void this.show(place, from, to)));
    }
  }

  private confirm(entry: Revision, head: Revision): void {
    this.status.textContent = "";
    const changes = h("div", { class: "outcome" });
    const yes = button({ class: "btn primary" }, () => void this.bringBack(entry, head, yes));
    yes.textContent = historyMessages.restoreNow;
    const back = (): void => void this.load().then(() => this.focusClose());
    const no = button({ class: "btn" }, back, historyMessages.cancel);
    const id = uniqueId("confirm");
    this.compared.replaceChildren(
      h(
        "div",
        { class: "confirm", role: "group", "aria-labelledby": id },
        h("h3", { id }, historyMessages.restoreQuestion(entry.number, entry.published_by)),
        h("p", {}, historyMessages.restoreMeans),
        changes,
        h("div", { class: "acts" }, yes, no),
      ),
    );
    void this.show(changes, head, entry);
    this.dialog.scrollTop = 0;
    yes.focus();
  }

  private async bringBack(entry: Revision, head: Revision, yes: HTMLButtonElement): Promise<void> {
    yes.disabled = true;
    this.status.textContent = historyMessages.restoring;
    try {
      await restore(this.board, entry.revision, head.revision);
    } catch (error) {
      this.status.textContent = "";
      this.compared.replaceChildren(this.failed(error, () => void this.load()));
      return;
    }
    await this.load();
    this.status.textContent = historyMessages.restored(entry.number);
    this.focusClose();
    this.options.onRestored();
  }

  private focusClose(): void {
    this.dialog.querySelector<HTMLElement>(".icon")?.focus();
  }

  /** Why something was not done; of a conflict, what others changed meanwhile. */
  private failed(error: unknown, again: () => void): HTMLElement {
    const known = error instanceof RequestProblem;
    const problem = known ? error.problem : { code: "error", title: messages.requestFailed };
    const conflict = problem.code === "precondition_failed";
    const label = conflict ? historyMessages.showHistoryNow : messages.retry;
    const retry = button({ class: "btn" }, again, label);
    const shown = conflict ? { ...problem, hint: historyMessages.conflictHint } : problem;
    const changes = known && error.problem.diff?.changes;
    const theirs = changes ? changeList(changes) : null;
    const block = h("div", { role: "alert" }, stateBlock("failed", shown, retry), theirs);
    queueMicrotask(() => retry.focus());
    return block;
  }
}

function code(entry: Revision): HTMLElement {
  return h("code", { title: entry.revision }, entry.revision.slice(0, 7));
}
