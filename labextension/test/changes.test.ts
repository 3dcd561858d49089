import { expect, it } from "vitest";
import { changeList } from "../src/page/changes";
import { speak } from "../src/translation";

it("says nothing twice and colours the lines of SQL", () => {
  const list = changeList([
    { kind: "removed", path: "charts.delay", text: "removed charts.delay" },
    {
      kind: "changed",
      path: "queries.daily.sql",
      text: "queries.daily.sql: 1 lines added, 1 removed\n    -SELECT 1\n    +SELECT\n    ...",
    },
  ]);
  const [removed, changed] = [...list.querySelectorAll("li")];
  expect(removed?.textContent).toBe("Removedcharts.delay");
  expect(changed?.querySelector("div > span")?.textContent).toBe(
    "queries.daily.sql: Lines: 1 added, 1 removed",
  );
  expect(changed?.querySelector("del")?.textContent).toBe("-SELECT 1\n");
  expect(changed?.querySelector("ins")?.textContent).toBe("+SELECT\n");
  expect(changed?.querySelector("pre")?.textContent).toBe("-SELECT 1\n+SELECT\n...\n");
});

it("keeps what people wrote as text", () => {
  const text = 'title: "<img src=x onerror=alert(1)>" -> "</li><script>"';
  const list = changeList([{ kind: "changed", path: "title", text }]);
  expect(list.querySelector("img, script")).toBeNull();
  expect(list.textContent).toContain(text);
});

it("says in the language of the page what only English says otherwise", () => {
  const words = { lines: "Zeilen: {0} neu, {1} entfernt" };
  speak({ language: "de", words });
  const list = changeList([
    { kind: "changed", path: "queries.q.sql", text: "queries.q.sql: 12 lines added, 3 removed" },
    { kind: "moved", path: "charts", text: "charts: order a, b -> b, a" },
    { kind: "changed", path: "title", text: "title: 'x: 1 lines added, 2 removed' -> 'y'" },
  ]);
  speak(null);
  const said = [...list.querySelectorAll("div > span")].map((item) => item.textContent);
  expect(said).toEqual([
    "queries.q.sql: Zeilen: 12 neu, 3 entfernt",
    "charts: a, b -> b, a",
    "title: 'x: 1 lines added, 2 removed' -> 'y'",
  ]);
});

it("says so when nothing differs", () => {
  expect(changeList([]).textContent).toBe("Nothing differs in meaning.");
});
