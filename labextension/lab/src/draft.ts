/** One dashboard file while it is written: its problems, its picture and its queries' columns. */

import type { DocumentRegistry } from "@jupyterlab/docregistry";
import { Signal } from "@lumino/signaling";
import type { Artifact, FilterValues } from "../../src/artifact";
import { toQuery } from "../../src/filters/query";
import { merged, touched } from "../../src/partial";
import { type Api, isAborted, PeterError } from "./api";
import type { Plan, Problem } from "./models";
import type { Preferences } from "./settings";

/** Milliseconds until a server that does not answer is asked again: the first wait, and the longest. */
const [FIRST_WAIT, LONGEST_WAIT] = [1000, 15_000];

export type Phase = "waiting" | "checking" | "drawing" | "ready" | "invalid" | "failed";

/** Checks a file after each pause of typing and draws it while somebody watches. */
export class Draft {
  problems: Problem[] = [];
  artifact: Artifact | null = null;
  failure: PeterError | null = null;
  phase: Phase = "waiting";
  /** The plan of the last text that could be compiled. */
  plan: Plan | null = null;
  readonly changed = new Signal<this, void>(this);
  private watchers = 0;
  private timer: number | undefined;
  private running: AbortController | null = null;
  private values: FilterValues = {};
  private query = "";
  /** The filter values and the text that the picture is of. */
  private drawn = { query: "", text: "" };
  private wait = FIRST_WAIT;

  constructor(
    private readonly context: DocumentRegistry.Context,
    private readonly api: Api,
    private readonly preferences: Preferences,
  ) {
    void context.ready.then(() => {
      context.model.contentChanged.connect(this.onContent, this);
      context.fileChanged.connect(this.checkSoon, this);
      context.saveState.connect(this.onSave, this);
      context.disposed.connect(this.stop, this);
      void this.check();
    });
  }

  get text(): string {
    return this.context.model.toString();
  }

  get path(): string {
    return this.context.path;
  }

  /** Draw from now on; gives the function that ends it. */
  watch(): () => void {
    this.watchers += 1;
    if (this.watchers === 1 && this.context.isReady) void this.check();
    return () => {
      this.watchers -= 1;
    };
  }

  /** Draw at other filter values. */
  filter(values: FilterValues): void {
    this.query = toQuery(this.artifact?.filters ?? [], values);
    this.values = values;
    void this.check(true);
  }

  /** Check now, and draw what is without errors. */
  async check(redraw = false): Promise<void> {
    window.clearTimeout(this.timer);
    this.running?.abort();
    const running = (this.running = new AbortController());
    const text = this.text;
    this.say("checking");
    try {
      const found = await this.api.validate(text, running.signal);
      this.problems = found.problems;
      this.failure = null;
      this.wait = FIRST_WAIT;
      void this.learn(text, running.signal);
      if (!found.valid) this.say("invalid");
      else await this.draw(text, redraw, running.signal);
    } catch (error) {
      if (running.signal.aborted || isAborted(error)) return;
      this.fail(error);
    }
  }

  private async draw(text: string, redraw: boolean, signal: AbortSignal): Promise<void> {
    const { drawn, query } = this;
    if (this.watchers > 0 && (redraw || drawn.query !== query || drawn.text !== text)) {
      this.say("drawing");
      // Of the same text only the charts that the filters touch are asked for.
      const held = drawn.text === text && drawn.query !== query ? this.artifact : null;
      const charts = held && touched(held, this.values);
      const answer = await this.api.preview(text, query, charts, signal);
      const whole = merged(held, answer) ?? (await this.api.preview(text, query, null, signal));
      this.artifact = whole;
      this.drawn = { query, text };
    }
    this.say("ready");
  }

  private async learn(text: string, signal: AbortSignal): Promise<void> {
    try {
      this.plan = await this.api.compile(text, signal);
    } catch {
      // A text that cannot be read has no plan; completion goes on with the last one.
    }
  }

  private fail(error: unknown): void {
    if (!(error instanceof PeterError)) throw error;
    if (error.problems.length > 0) this.problems = error.problems;
    this.failure = error;
    if (error.code === "unreachable") {
      this.checkIn(this.wait);
      this.wait = Math.min(2 * this.wait, LONGEST_WAIT);
    }
    this.say(error.code === "document_invalid" ? "invalid" : "failed");
  }

  private say(phase: Phase): void {
    this.phase = phase;
    this.changed.emit();
  }

  private onContent(): void {
    if (this.preferences.autoPreview) this.checkSoon();
  }

  private onSave(_: unknown, state: DocumentRegistry.SaveState): void {
    if (state === "completed" && !this.preferences.autoPreview) void this.check();
  }

  private checkSoon(): void {
    this.checkIn(this.preferences.debounce);
  }

  private checkIn(milliseconds: number): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.check(), milliseconds);
  }

  private stop(): void {
    window.clearTimeout(this.timer);
    this.running?.abort();
    Signal.clearData(this);
  }
}

/** The drafts of the open files; an editor and a picture of one file share one. */
export class Drafts {
  private readonly known = new WeakMap<DocumentRegistry.Context, Draft>();

  constructor(
    private readonly api: Api,
    private readonly preferences: Preferences,
  ) {}

  of(context: DocumentRegistry.Context): Draft {
    let draft = this.known.get(context);
    if (!draft) {
      draft = new Draft(context, this.api, this.preferences);
      this.known.set(context, draft);
    }
    return draft;
  }
}

/** Whether a path is that of a dashboard file. */
export function isDashboardFile(path: string): boolean {
  return /\.peter\.ya?ml$/i.test(path);
}
