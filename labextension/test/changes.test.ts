import { expect, it } from "vitest";
import { changeList } from "../src/page/changes";

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

it("says so when nothing differs", () => {
  expect(changeList([]).textContent).toBe("Nothing differs in meaning.");
});
