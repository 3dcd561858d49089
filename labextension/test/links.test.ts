/** What may be clicked: addresses of the web, which learn nothing of the page they are on. */

import { describe, expect, it } from "vitest";
import fixture from "../../tests/fixtures/artifacts/gallery.json";
import type { Artifact } from "../src/artifact";
import { Card } from "../src/renderer/card";
import { line } from "../src/renderer/cells";
import { link, safeAddress } from "../src/renderer/dom";
import { prose } from "../src/renderer/prose";
import { Spotlight } from "../src/renderer/spotlight";
import { Theme } from "../src/renderer/theme";

const WEB = "https://example.com/a?b=c";
const REFUSED = [
  "javascript:alert(1)",
  "java\nscript:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "vbscript:x",
  "file:///etc/passwd",
  "blob:https://example.com/1",
  "ftp://example.com",
  "filesystem:https://example.com/x",
  "view-source:https://example.com",
  "intent://x#Intent;end",
  "//example.com",
  "/hub/logout",
  "?token=x",
  "",
  null,
  3,
  {},
  ["javascript:alert(1)"],
];

const hrefs = (root: Element): (string | null)[] =>
  [...root.querySelectorAll("a")].map((anchor) => anchor.getAttribute("href"));

const isolated = (root: Element): void => {
  for (const anchor of root.querySelectorAll("a")) {
    expect(anchor.target).toBe("_blank");
    expect(anchor.getAttribute("rel")).toBe("noopener noreferrer");
  }
};

/** The menu of a card, opened. */
function menuOf(address: unknown): HTMLElement {
  const artifact = structuredClone(fixture) as unknown as Artifact;
  const chart = artifact.charts.words;
  if (chart) Object.assign(chart, { link: address, sql: "SELECT 1" });
  const around = { theme: new Theme(document.body, "light"), spotlight: new Spotlight() };
  const tile = { chart: "words", width: 12, height: null };
  const charts = (): Promise<never> => Promise.reject(new Error("There is no chart here."));
  const card = new Card(artifact, tile, {} as never, around, { charts });
  document.body.append(card.element);
  card.element.querySelector<HTMLElement>("button.menu")?.click();
  around.theme.destroy();
  return card.element.querySelector("[role=menu]") as HTMLElement;
}

describe.each(REFUSED)("the address %j", (address) => {
  it("is none to follow", () => {
    expect(safeAddress(address)).toBeNull();
    expect(link(address, "words").outerHTML).toBe("<span>words</span>");
  });

  it("is none in a text, a table or the menu of a card", () => {
    const children = [{ link: address as string, children: [{ text: "words" }] }];
    const text = prose({ kind: "text", blocks: [{ kind: "paragraph", children }] });
    const column = { title: "a", type: "STRING", align: "left", bar: null, color_scale: null };
    const columns = [
      { ...column, field: "a", link: "b" },
      { ...column, field: "b", link: null, hidden: true },
    ];
    const table = { kind: "table", columns, values: [["words"], [address]], texts: [null, null] };
    const row = line(table as never, 0);
    for (const made of [text, row]) {
      expect(hrefs(made)).toEqual([]);
      expect(made.textContent).toBe("words");
    }
    const menu = menuOf(address);
    expect(menu.querySelectorAll("[role=menuitem]").length).toBe(1);
    expect(hrefs(menu)).toEqual([]);
  });
});

it("an address of the web is followed in a window that knows nothing of this one", () => {
  const anchor = link(` ${WEB}`, "words");
  const menu = menuOf(WEB);
  const around = document.createElement("div");
  around.append(anchor, menu);
  expect(hrefs(around)).toEqual([WEB, WEB]);
  isolated(around);
});
