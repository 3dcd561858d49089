import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { inTurn } from "../src/charts/turns";

const IN_SIGHT = 100;
const BELOW = window.innerHeight + 500;
const FAR_BELOW = window.innerHeight + 5000;

/** An element of a page at a height of it. */
function plotAt(top: () => number, height = 50): HTMLElement {
  const element = document.createElement("div");
  document.body.append(element);
  element.getBoundingClientRect = () => new DOMRect(0, top(), 400, height);
  return element;
}

let idle: (() => void)[] = [];
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** Lets the page be idle once. */
async function beIdle(): Promise<void> {
  for (const run of idle.splice(0)) run();
  await settle();
}

beforeEach(() => {
  idle = [];
  vi.stubGlobal("requestIdleCallback", (run: () => void) => idle.push(run));
});

afterEach(async () => {
  while (idle.length > 0) await beIdle();
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

describe("the turns of charts", () => {
  it("come at once in sight, in the order they are asked for, and never two at a time", async () => {
    const told: string[] = [];
    const slow = (name: string) => async (): Promise<void> => {
      told.push(`${name} begins`);
      await Promise.resolve();
      told.push(`${name} ends`);
    };
    await Promise.all(
      ["a", "b"].map((name) =>
        inTurn(
          plotAt(() => IN_SIGHT),
          slow(name),
        ),
      ),
    );
    expect(told).toEqual(["a begins", "a ends", "b begins", "b ends"]);
    expect(idle).toHaveLength(0);
  });

  it("come when the page is idle below the sight, what is nearest first", async () => {
    const told: string[] = [];
    const ask = (name: string, top: number): void => {
      void inTurn(
        plotAt(() => top),
        () => Promise.resolve(told.push(name)),
      );
    };
    ask("far", FAR_BELOW);
    ask("below", BELOW);
    ask("seen", IN_SIGHT);
    await settle();
    expect(told).toEqual(["seen"]);
    await beIdle();
    expect(told).toEqual(["seen", "below"]);
    await beIdle();
    expect(told).toEqual(["seen", "below", "far"]);
  });

  it("come to what was scrolled to before they come to the rest", async () => {
    const told: string[] = [];
    let scrolled = 0;
    const ask = (name: string, top: number): void => {
      void inTurn(
        plotAt(() => top - scrolled),
        () => Promise.resolve(told.push(name)),
      );
    };
    ask("below", BELOW);
    ask("far", FAR_BELOW);
    ask("next to far", FAR_BELOW + 60);
    await settle();
    scrolled = FAR_BELOW - 10;
    await beIdle();
    // Both are in sight now, and need no idle moment each.
    expect(told).toEqual(["far", "next to far"]);
    await beIdle();
    expect(told).toEqual(["far", "next to far", "below"]);
  });

  it("all come before a page is printed", async () => {
    const told: string[] = [];
    for (const top of [BELOW, FAR_BELOW]) {
      void inTurn(
        plotAt(() => top),
        () => Promise.resolve(told.push(String(top))),
      );
    }
    await settle();
    window.dispatchEvent(new Event("beforeprint"));
    expect(told).toEqual([String(BELOW), String(FAR_BELOW)]);
  });

  it("all come at once in a page that a picture is taken of", async () => {
    const told: string[] = [];
    const page = document.createElement("div");
    page.className = "pt-picture";
    const plot = plotAt(() => FAR_BELOW);
    document.body.append(page);
    page.append(plot);
    await inTurn(plot, () => Promise.resolve(told.push("drawn")));
    expect(told).toEqual(["drawn"]);
  });

  it("are measured once for all that are asked for together", async () => {
    const plots = [plotAt(() => IN_SIGHT), plotAt(() => IN_SIGHT + 60)];
    const told: string[] = [];
    for (const [at, plot] of plots.entries()) {
      Object.defineProperty(plot, "clientWidth", {
        get: () => told.push(`${at} measured`) && 300 + at,
      });
    }
    await Promise.all(
      plots.map((plot, at) =>
        inTurn(plot, ({ size }) => Promise.resolve(told.push(`${at} drawn ${size[0]}`))),
      ),
    );
    expect(told).toEqual(["0 measured", "1 measured", "0 drawn 300", "1 drawn 301"]);
  });
});

describe("a chart that waits", () => {
  it("is drawn as it was asked for last", async () => {
    const told: string[] = [];
    const plot = plotAt(() => BELOW);
    const first = inTurn(plot, () => Promise.resolve(told.push("first")));
    const refused = expect(first).rejects.toThrow("drawn anew");
    const second = inTurn(plot, () => Promise.resolve(told.push("second")));
    await refused;
    await settle();
    await beIdle();
    await second;
    expect(told).toEqual(["second"]);
  });

  it("is not drawn once its place is gone", async () => {
    const told: string[] = [];
    const plot = plotAt(() => BELOW);
    const gone = inTurn(plot, () => Promise.resolve(told.push("drawn")));
    const refused = expect(gone).rejects.toThrow("no longer shown");
    await settle();
    plot.remove();
    await beIdle();
    await refused;
    expect(told).toEqual([]);
  });

  it("that cannot be drawn fails alone", async () => {
    const failing = inTurn(
      plotAt(() => IN_SIGHT),
      () => Promise.reject(new Error("no spec")),
    );
    const refused = expect(failing).rejects.toThrow("no spec");
    const next = inTurn(
      plotAt(() => IN_SIGHT),
      () => Promise.resolve("drawn"),
    );
    await refused;
    expect(await next).toBe("drawn");
  });
});
