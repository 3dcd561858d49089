import { describe, expect, it } from "vitest";
import {
  counted,
  face,
  type Graph,
  merged,
  reach,
  search,
  withoutColumns,
} from "../src/lineage/graph";
import { neighbour, place } from "../src/lineage/layout";
import { renderLineage } from "../src/lineage/view";

const graph: Graph = {
  nodes: [
    { id: "dashboard:b", kind: "dashboard", name: "b", title: "Board" },
    { id: "chart:b/a", kind: "chart", name: "a", title: "Revenue" },
    { id: "chart:b/c", kind: "chart", name: "c", title: "Orders" },
    { id: "query:b/q", kind: "query", name: "q" },
    { id: "query:b/r", kind: "query", name: "r" },
    { id: "table:local.shop.orders", kind: "table", name: "local.shop.orders" },
  ],
  edges: [
    { source: "table:local.shop.orders", target: "query:b/q", kind: "reads" },
    { source: "query:b/q", target: "chart:b/a", kind: "feeds" },
    { source: "query:b/r", target: "chart:b/c", kind: "feeds" },
    { source: "chart:b/a", target: "dashboard:b", kind: "shows" },
    { source: "chart:b/c", target: "dashboard:b", kind: "shows" },
  ],
};

describe("a lineage", () => {
  it("is followed to what hangs on a table and to what a chart is made from", () => {
    const after = reach(graph, "table:local.shop.orders", "downstream");
    expect([...after].sort()).toEqual(["chart:b/a", "dashboard:b", "query:b/q"]);
    expect([...reach(graph, "chart:b/c", "upstream")]).toEqual(["query:b/r"]);
    expect(counted(graph, after)).toEqual([
      ["dashboard", 1],
      ["chart", 1],
      ["query", 1],
    ]);
  });

  it("that runs in a circle ends", () => {
    const round: Graph = {
      nodes: [],
      edges: [
        { source: "a", target: "b", kind: "x" },
        { source: "b", target: "a", kind: "x" },
      ],
    };
    expect([...reach(round, "a", "downstream")]).toEqual(["b"]);
  });

  it("is searched by titles and ids", () => {
    expect([...search(graph, "SHOP")]).toEqual(["table:local.shop.orders"]);
    expect([...search(graph, "revenue")]).toEqual(["chart:b/a"]);
    expect(search(graph, " ").size).toBe(0);
  });

  it("stands in layers from the dashboard on the left to its tables", () => {
    const { places, paths, width } = place(graph);
    const x = (id: string): number => places.get(id)?.x ?? NaN;
    expect(x("dashboard:b")).toBeLessThan(x("chart:b/a"));
    expect(x("chart:b/a")).toBeLessThan(x("query:b/q"));
    expect(x("query:b/q")).toBeLessThan(x("table:local.shop.orders"));
    expect(paths).toHaveLength(5);
    expect(width).toBeGreaterThan(4 * 208);
    expect(neighbour(places, "dashboard:b", "ArrowLeft")).toBeNull();
    expect(neighbour(places, "query:b/q", "ArrowRight")).toBe("table:local.shop.orders");
  });

  it("is narrower where there is less room, down to what can be read", () => {
    expect(place(graph, 1064).node.width).toBe(208);
    const narrow = place(graph, 800);
    expect(narrow.width).toBeLessThanOrEqual(800);
    expect(narrow.node.width).toBeGreaterThan(132);
    expect(place(graph, 100).node.width).toBe(132);
  });

  it("dims what has nothing to do with the chosen node, and says what has", async () => {
    const root = document.createElement("div");
    document.body.replaceChildren(root);
    renderLineage(root, { load: () => Promise.resolve(graph) });
    await new Promise((resolve) => setTimeout(resolve));
    const node = (id: string): HTMLElement =>
      [...root.querySelectorAll<HTMLElement>(".node")].find((one) => one.dataset.id === id) ??
      document.createElement("p");
    const told = (): string => root.querySelector("[role=status]")?.textContent ?? "";
    expect(told()).toBe("1 dashboard, 2 charts, 2 queries, 1 table");
    node("query:b/q").click();
    expect(node("chart:b/c").classList.contains("dim")).toBe(true);
    expect(node("table:local.shop.orders").classList.contains("dim")).toBe(false);
    expect(told()).toBe("Connected with q: 1 dashboard, 1 chart, 1 table");
    const impact = [...root.querySelectorAll("button")].find((b) => b.textContent === "Impact");
    impact?.click();
    expect(node("table:local.shop.orders").classList.contains("dim")).toBe(true);
    expect(told()).toBe("Depends on q: 1 dashboard, 1 chart");
    node("query:b/q").dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    expect(root.querySelectorAll(".dim")).toHaveLength(0);
  });

  it("says of a table and a column what they are part of", () => {
    const table = { id: "table:p.d.t", kind: "table", name: "p.d.t" } as const;
    const column = { id: "column:p.d.t/c", kind: "column", name: "c" } as const;
    expect(face(table)).toEqual({ name: "d.t", of: "p" });
    expect(face({ ...table, name: "d.t" })).toEqual({ name: "d.t", of: null });
    expect(face(column)).toEqual({ name: "c", of: "d.t" });
  });

  it("is joined with another without saying anything twice", () => {
    const whole = merged(graph, graph);
    expect(whole).toEqual(graph);
    const column = { id: "column:x/c", kind: "column", name: "c" } as const;
    const more = { nodes: [column], edges: [{ source: "x", target: column.id, kind: "has" }] };
    expect(merged(graph, more).nodes).toHaveLength(7);
    expect(withoutColumns(merged(graph, more))).toEqual(graph);
  });

  const elsewhere: Graph = {
    nodes: [
      { id: "table:local.shop.orders", kind: "table", name: "local.shop.orders" },
      { id: "query:other/q", kind: "query", name: "q" },
      { id: "dashboard:other", kind: "dashboard", name: "other" },
    ],
    edges: [
      { source: "table:local.shop.orders", target: "query:other/q", kind: "reads" },
      { source: "query:other/q", target: "dashboard:other", kind: "shows" },
    ],
  };

  async function drawn(impact: (id: string) => Promise<Graph>): Promise<HTMLElement> {
    const root = document.createElement("div");
    document.body.replaceChildren(root);
    renderLineage(root, { load: () => Promise.resolve(graph), impact });
    await settled();
    [...root.querySelectorAll("button")].find((b) => b.textContent === "Impact")?.click();
    return root;
  }

  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

  it("shows in impact mode what other dashboards make of a table, and keeps the focus", async () => {
    const asked: string[] = [];
    const root = await drawn((id) => {
      asked.push(id);
      return Promise.resolve(elsewhere);
    });
    const node = (id: string): HTMLElement | null =>
      [...root.querySelectorAll<HTMLElement>(".node")].find((one) => one.dataset.id === id) ?? null;
    node("table:local.shop.orders")?.focus();
    node("table:local.shop.orders")?.click();
    await settled();
    expect(asked).toEqual(["table:local.shop.orders"]);
    expect(node("dashboard:other")?.classList.contains("dim")).toBe(false);
    expect(root.querySelector("[role=status]")?.textContent).toBe(
      "Depends on local.shop.orders: 2 dashboards, 1 chart, 2 queries",
    );
    expect((document.activeElement as HTMLElement).dataset.id).toBe("table:local.shop.orders");
    node("query:b/q")?.click();
    await settled();
    expect(asked).toHaveLength(1);
    expect(node("dashboard:other")).toBeNull();
  });

  it("says when the other dashboards could not be asked", async () => {
    const root = await drawn(() => Promise.reject(new Error("away")));
    root.querySelector<HTMLElement>(".node.table")?.click();
    await settled();
    expect(root.querySelector("[role=status]")?.textContent).toContain("could not be asked");
  });

  it("that cannot be had says why and can be asked for again", async () => {
    const root = document.createElement("div");
    let fails = true;
    const problem = { code: "x", title: "Not told", detail: "The server is away." };
    renderLineage(root, {
      load: () =>
        fails ? Promise.reject(Object.assign(new Error("x"), { problem })) : Promise.resolve(graph),
    });
    await settled();
    expect(root.textContent).toContain("The server is away.");
    fails = false;
    root.querySelector<HTMLElement>(".state button")?.click();
    await settled();
    expect(root.querySelectorAll(".node")).toHaveLength(6);
  });
});
