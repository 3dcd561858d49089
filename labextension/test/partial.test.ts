import { describe, expect, it } from "vitest";
import type { Artifact, Chart } from "../src/artifact";
import { dataQuery, Loading, type Question } from "../src/loading";
import { merged, refreshing, touched } from "../src/partial";

const chart = (filters: string[] | undefined, more: Partial<Chart> = {}): Chart =>
  ({ filters, computed_at: null, source_updated_at: null, ...more }) as Chart;

const artifact = (
  values: Record<string, string>,
  charts: Record<string, Chart>,
  tabs = [Object.keys(charts)],
): Artifact =>
  ({
    slug: "flights",
    revision: "4f2c",
    title: "Flights",
    filters: Object.entries(values).map(([name, value]) => ({
      name,
      type: "text",
      label: null,
      value,
      default: "",
    })),
    layout: {
      tabs: tabs.map((names) => ({ title: null, rows: names.map((name) => [{ chart: name }]) })),
    },
    charts,
  }) as unknown as Artifact;

const board = artifact(
  { carrier: "AA", origin: "JFK" },
  { about: chart([]), flights: chart(["carrier"]), delays: chart(["carrier", "origin"]) },
);

describe("the charts that filter values touch", () => {
  it("are those that depend on a value that changes", () => {
    expect(touched(board, { carrier: "UA", origin: "JFK" })).toEqual(["flights", "delays"]);
    expect(touched(board, { carrier: "AA", origin: "LGA" })).toEqual(["delays"]);
    expect(touched(board, { carrier: "AA", origin: "JFK" })).toEqual([]);
  });

  it("are not known where a server does not say what a chart depends on", () => {
    expect(touched(artifact({ carrier: "AA" }, { n: chart(undefined) }), {})).toBeNull();
  });
});

describe("a part of a dashboard", () => {
  const part = (values: Record<string, string>, charts: Record<string, Chart>): Artifact => ({
    ...artifact(values, charts),
    partial: true,
  });

  it("takes its charts' places and the newer filter values, with the oldest stamps of all", () => {
    const held = artifact(
      { carrier: "AA" },
      {
        about: chart([], { computed_at: "2026-01-02T00:00:00Z" }),
        flights: chart(["carrier"], { computed_at: "2026-01-01T00:00:00Z", refreshing: true }),
      },
    );
    const newer = chart(["carrier"], { computed_at: "2026-01-03T00:00:00Z" });
    const whole = merged(held, part({ carrier: "UA" }, { flights: newer }));
    expect(whole?.charts).toEqual({ about: held.charts.about, flights: newer });
    expect(whole?.filters[0]?.value).toBe("UA");
    expect(whole?.as_of).toBe("2026-01-02T00:00:00Z");
    expect([whole?.partial, whole?.refreshing]).toEqual([false, false]);
  });

  it("says which of its charts are still computed anew", () => {
    const held = artifact({}, { a: chart([]), b: chart([], { refreshing: true }) });
    const whole = merged(held, part({}, { a: chart([]) }));
    expect(whole?.refreshing).toBe(true);
    expect(refreshing(whole?.charts ?? {})).toEqual(["b"]);
  });

  it("fits no other revision, no other dashboard and nothing at all", () => {
    const one = part({ carrier: "AA", origin: "JFK" }, { about: chart([]) });
    expect(merged(board, { ...one, revision: "aaaa" })).toBeNull();
    expect(merged(board, { ...one, slug: "other" })).toBeNull();
    expect(merged(null, one)).toBeNull();
  });

  it("does not fit beside charts that show another value of a filter", () => {
    const moved = { carrier: "AA", origin: "LGA" };
    expect(merged(board, part(moved, { flights: chart(["carrier"]) }))).toBeNull();
    expect(merged(board, part(moved, { delays: chart(["origin"]) }))).not.toBeNull();
  });

  it("is of no interest where the whole comes", () => {
    const other = { ...board, revision: "bbbb" };
    expect(merged(board, other)).toBe(other);
  });
});

describe("loading", () => {
  const surface = () => {
    const seen: Artifact[] = [];
    const told: unknown[] = [];
    const busy: boolean[] = [];
    const showing = {
      show: (artifact: Artifact) => void seen.push(artifact),
      busy: (on: boolean) => void busy.push(on),
      fail: (error: unknown, retry: () => void) => void told.push([error, retry]),
    };
    return { seen, told, busy, showing };
  };
  const answering = (...answers: (Artifact | Error)[]) => {
    const asked: string[] = [];
    const ask = (question: Question): Promise<Artifact> => {
      asked.push(`${dataQuery(question)} wait=${question.wait}`);
      const next = answers.shift();
      if (next && !(next instanceof Error)) return Promise.resolve(next);
      return Promise.reject(next ?? new Error("nobody was to be asked"));
    };
    return { asked, ask };
  };

  it("asks for the charts that a change touches, and for those that are named", async () => {
    const { seen, busy, showing } = surface();
    const part = { ...board, charts: { delays: chart(["origin"]) }, partial: true };
    const { asked, ask } = answering(part, part);
    const loading = new Loading(ask, showing, board);
    await loading.change({ carrier: "AA", origin: "LGA" });
    await loading.change({ carrier: "AA", origin: "LGA" }, ["about", "delays"]);
    expect(asked.map((text) => new URLSearchParams(text).get("charts")?.split(" ")[0])).toEqual([
      "delays",
      "delays,about",
    ]);
    expect(Object.keys(seen[0]?.charts ?? {})).toEqual(["about", "flights", "delays"]);
    expect(busy).toEqual([true, false, true, false]);
  });

  it("asks for everything where a part does not fit", async () => {
    const { seen, showing } = surface();
    const { asked, ask } = answering(
      { ...board, revision: "newer", partial: true },
      { ...board, revision: "newer" },
    );
    await new Loading(ask, showing, board).change({ carrier: "UA", origin: "JFK" });
    expect(asked).toEqual([
      "carrier=UA&origin=JFK&charts=flights%2Cdelays&tab=1 wait=1",
      "carrier=UA&origin=JFK&tab=1 wait=1",
    ]);
    expect(seen.map((one) => one.revision)).toEqual(["newer"]);
  });

  it("asks again only for the charts that are computed anew", async () => {
    const { seen, showing } = surface();
    const stale = { ...board.charts, flights: chart(["carrier"], { refreshing: true }) };
    const { asked, ask } = answering(
      { ...board, charts: stale, refreshing: true },
      { ...board, charts: { flights: chart(["carrier"]) }, partial: true },
    );
    await new Loading(ask, showing, null).load("carrier=AA");
    expect(asked).toEqual(["carrier=AA&tab=1 wait=1", "carrier=AA&charts=flights wait=25"]);
    expect(seen).toHaveLength(2);
  });

  it("runs the query behind a chart again for all charts of that query", async () => {
    const { showing } = surface();
    const query = (name: string) => chart(["carrier"], { query: name });
    const held = artifact({ carrier: "AA" }, { a: query("q"), b: query("p"), c: query("q") });
    const { asked, ask } = answering({ ...held, charts: { a: query("q") }, partial: true });
    await new Loading(ask, showing, held).renew("a");
    expect(asked).toEqual(["carrier=AA&charts=a%2Cc&refresh=true wait=1"]);
  });

  it("says what failed with a way to ask the same again, and keeps what is shown", async () => {
    const { told, seen, busy, showing } = surface();
    const { asked, ask } = answering(new Error("away"), board);
    const loading = new Loading(ask, showing, board);
    await loading.load("carrier=AA", { refresh: true });
    expect(busy).toEqual([true, false]);
    const [error, retry] = told[0] as [Error, () => void];
    expect(error.message).toBe("away");
    expect(loading.artifact).toBe(board);
    retry();
    await new Promise((resolve) => setTimeout(resolve));
    expect(asked[1]).toBe("carrier=AA&tab=1&refresh=true wait=1");
    expect(seen).toHaveLength(1);
  });

  it("gives an older question up without a word", async () => {
    const { told, seen, showing } = surface();
    const ask = (question: Question): Promise<Artifact> =>
      question.query === "new"
        ? Promise.resolve(board)
        : new Promise((_, reject) => {
            question.signal.addEventListener("abort", () => reject(new Error("aborted")));
          });
    const loading = new Loading(ask, showing, null);
    const older = loading.load("old");
    await loading.load("new");
    await older;
    expect([told, seen]).toEqual([[], [board]]);
  });

  describe("tabs", () => {
    const ready = (more: Partial<Chart> = {}) => chart(["carrier"], { state: "ready", ...more });
    const later = chart(["carrier"], { state: "waiting" });
    const tabs = [["a"], ["b", "c"], ["d"]];
    const held = artifact({ carrier: "AA" }, { a: ready(), b: later, c: ready(), d: later }, tabs);
    const part = (value: string, charts: Record<string, Chart>): Artifact => ({
      ...artifact({ carrier: value }, charts, tabs),
      partial: true,
    });

    it("are asked for when they are opened, once", async () => {
      const { seen, busy, showing } = surface();
      const { asked, ask } = answering(part("AA", { b: ready() }));
      const loading = new Loading(ask, showing, held);
      const first = loading.open(2);
      await loading.open(2);
      await first;
      await loading.open(1);
      await loading.open(2);
      expect(asked).toEqual(["carrier=AA&charts=b wait=1"]);
      expect(seen[0]?.charts.b?.state).toBe("ready");
      expect(busy).toEqual([true, false]);
    });

    it("are all asked for before they are printed", async () => {
      const { showing } = surface();
      const { asked, ask } = answering(part("AA", { b: ready(), d: ready() }));
      const loading = new Loading(ask, showing, held);
      await loading.fill();
      await loading.fill();
      expect(asked).toEqual(["carrier=AA&charts=b%2Cd wait=1"]);
    });

    it("leave alone what is on its way", async () => {
      const { seen, busy, showing } = surface();
      const answers: ((answer: Artifact) => void)[] = [];
      const ask = (): Promise<Artifact> => new Promise((resolve) => void answers.push(resolve));
      const loading = new Loading(ask, showing, held);
      const refreshed = loading.renew("a");
      const opened = loading.open(2);
      answers[1]?.(part("AA", { b: ready() }));
      await opened;
      expect(busy).toEqual([true, true]);
      answers[0]?.(part("AA", { a: ready({ summary: "newer" }) }));
      await refreshed;
      expect(busy).toEqual([true, true, false]);
      expect(seen[1]?.charts).toMatchObject({ a: { summary: "newer" }, b: { state: "ready" } });
    });

    it("that are opened while a filter changes are asked for at its new value", async () => {
      const { seen, told, showing } = surface();
      const questions: [string, (answer: Artifact) => void][] = [];
      const ask = (question: Question): Promise<Artifact> =>
        new Promise((resolve) => void questions.push([dataQuery(question), resolve]));
      const loading = new Loading(ask, showing, held);
      const changed = loading.change({ carrier: "UA" });
      const opened = loading.open(3);
      questions[0]?.[1](part("UA", { a: ready(), b: later, c: later, d: later }));
      await changed;
      // What was asked for at the older value comes too late.
      questions[1]?.[1](part("AA", { d: ready({ summary: "older" }) }));
      await opened;
      questions[2]?.[1](part("UA", { d: ready({ summary: "newer" }) }));
      await new Promise((resolve) => setTimeout(resolve));
      expect(questions.map(([query]) => query)).toEqual([
        "carrier=UA&charts=a%2Cb%2Cc%2Cd&tab=1",
        "carrier=AA&charts=d",
        "carrier=UA&charts=d",
      ]);
      expect(told).toEqual([]);
      expect(seen.at(-1)?.charts.d?.summary).toBe("newer");
      expect(seen.at(-1)?.filters[0]?.value).toBe("UA");
    });

    it("that nobody opened are left out of a refresh", async () => {
      const { showing } = surface();
      const { asked, ask } = answering(part("AA", { a: ready(), c: ready() }), held);
      const loading = new Loading(ask, showing, held);
      await loading.refresh();
      expect(asked).toEqual(["carrier=AA&charts=a%2Cc&refresh=true wait=1"]);
    });
  });
});
