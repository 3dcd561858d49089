/** Publishing a file: what it replaces is shown first, and nothing of others is replaced unseen. */

import { Dialog, Notification, showDialog } from "@jupyterlab/apputils";
import { Widget } from "@lumino/widgets";
import { ago } from "../../src/format";
import { historyMessages } from "../../src/messages";
import { h, link, uniqueId } from "../../src/renderer/dom";
import { speak } from "../../src/translation";
import { type Api, PeterError } from "./api";
import type { Difference, Document, Plan, Published } from "./models";
import { usd, waiting } from "./report";
import type { Seen } from "./seen";
import { sharedWords, trans } from "./words";

/** More changes than these are counted. */
const SHOWN = 8;

interface Asked {
  plan: Plan;
  /** What is published now; null for a new dashboard. */
  before: Document | null;
  /** What others changed since the revision that the file was made from. */
  theirs: Difference | null;
  /** What publishing would change in what is published. */
  mine: Difference | null;
}

/** Publish a text after asking; null when it was left as it is. */
export async function publishText(text: string, api: Api, seen: Seen): Promise<Published | null> {
  const plan = await api.compile(text);
  let theirs: Difference | null = null;
  // Once more after every conflict: somebody may publish while one reads.
  for (;;) {
    const before = await api.text(plan.slug).catch(absent);
    theirs ??= before && (await changedSince(plan, before, api, seen));
    const mine = before && (await api.diff(text));
    const message = await askFor({ plan, before, theirs, mine });
    if (message === null) return null;
    try {
      const made = await send(text, before, message || null, api);
      await seen.note(made.slug, made.revision);
      return made;
    } catch (error) {
      if (!(error instanceof PeterError) || !CONFLICTS.has(error.code)) throw error;
      theirs = error.diff;
    }
  }
}

/** What others changed since the revision that is known here; null where nothing is known of one. */
async function changedSince(
  { slug, revision }: Plan,
  before: Document,
  api: Api,
  seen: Seen,
): Promise<Difference | null> {
  const base = await seen.of(slug);
  if (base === null || base === before.revision || revision === before.revision) return null;
  return api.between(slug, base, before.revision).catch(absent);
}

function send(
  text: string,
  before: Document | null,
  message: string | null,
  api: Api,
): Promise<Published> {
  const work = before ? api.change(text, before, message) : api.create(text, message);
  return waiting(trans.__("Verifying and publishing"), work);
}

/** Said by a server where somebody else was faster, or has moved the file elsewhere. */
const CONFLICTS = new Set(["precondition_failed", "already_exists", "managed"]);

/** Tell that it was done, with a way to look at it. */
export function tellPublished(made: Published, open: () => void): void {
  const words = made.changed
    ? trans.__("Published %1 @ %2.", made.slug, made.revision.slice(0, 7))
    : trans.__("%1 is published already with the same content.", made.slug);
  const actions = [{ label: trans.__("Open"), callback: open }];
  Notification.success(words, { actions, autoClose: 8000 });
}

async function askFor(asked: Asked): Promise<string | null> {
  const { plan, before, theirs } = asked;
  const over = theirs !== null;
  const warned = warning(asked);
  const title = over
    ? trans.__("%1 was published meanwhile", plan.slug)
    : before
      ? trans.__("Publish a new revision of %1", plan.slug)
      : trans.__("Publish %1", plan.slug);
  const { button, value } = await showDialog({
    title,
    body: new Question(asked),
    buttons: [
      Dialog.cancelButton(over ? { label: trans.__("Keep theirs") } : {}),
      warned
        ? Dialog.warnButton({ label: warned, accept: true })
        : Dialog.okButton({ label: trans.__("Publish") }),
    ],
    // Enter alone never replaces what somebody else published, or what is kept elsewhere.
    defaultButton: warned ? 0 : 1,
    focusNodeSelector: warned ? "" : "input",
  });
  return button.accept ? (value ?? "") : null;
}

/** What the button says where publishing passes over others; null where it does not. */
function warning({ before, theirs }: Asked): string | null {
  if (theirs !== null) return trans.__("Publish mine over it");
  return before?.managed ? trans.__("Publish all the same") : null;
}

class Question extends Widget implements Dialog.IBodyWidget {
  private readonly message: HTMLInputElement;

  constructor({ plan, before, theirs, mine }: Asked) {
    super();
    this.addClass("peter-question");
    const id = uniqueId("message");
    this.message = h("input", { id, class: "jp-mod-styled", maxlength: 500 });
    const parts = [
      before && h("p", {}, replaced(before)),
      before?.managed ? kept(before.managed) : null,
      theirs && h("h3", {}, trans.__("What changed there since this file was made from it")),
      theirs && changes(theirs),
      mine && h("h3", {}, trans.__("What your file changes in what is published")),
      mine && changes(mine),
      h("p", {}, trans.__("Every query is verified first (%1).", usd(plan.totals.cost_usd))),
      h("label", { for: id }, trans.__("What changed, in a few words")),
      this.message,
    ];
    this.node.append(...parts.filter((part) => part !== null));
  }

  getValue(): string {
    return this.message.value.trim();
  }
}

function replaced({ revision, published_at, published_by, message }: Document): string {
  // Not in the language of a dashboard that happens to be open.
  speak(sharedWords());
  const now = [revision.slice(0, 7), ago(published_at), published_by];
  return message
    ? trans.__("Published now: %1, %2 by %3: “%4”.", ...now, message)
    : trans.__("Published now: %1, %2 by %3.", ...now);
}

function kept(place: string): HTMLElement {
  return h("p", { class: "peter-kept" }, historyMessages.keptAt, " ", link(place, place));
}

function changes({ changes: found }: Difference): HTMLElement {
  if (found.length === 0) return h("p", { class: "peter-quiet" }, trans.__("Nothing in meaning."));
  speak(sharedWords());
  const items = found
    .slice(0, SHOWN)
    .map(({ kind, text }) => h("li", {}, h("b", {}, historyMessages.changeKinds[kind]), " ", text));
  const more = found.length - SHOWN;
  return h("ul", {}, ...items, more > 0 && h("li", {}, trans.__("and %1 more", String(more))));
}

/** Nothing, where the server has nothing of the name. */
export function absent(error: unknown): null {
  if (error instanceof PeterError && error.status === 404) return null;
  throw error;
}
