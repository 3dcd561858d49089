import { describe, expect, it } from "vitest";
import { cursorAt, sqlAt } from "../src/cursor";

/** The cursor at `|` in a text. */
function at(text: string) {
  return cursorAt(text.replace("|", ""), text.indexOf("|"));
}

describe("where a cursor stands", () => {
  it("is a key of the document at its start", () => {
    expect(at("version: 1\nti|")).toMatchObject({
      path: [],
      writes: "key",
      typed: "ti",
      siblings: { version: "1" },
    });
  });

  it("is a key of the mapping that its indentation says", () => {
    const found = at("charts:\n  delay:\n    type: line\n    |\n  other: {}\n");
    expect(found).toMatchObject({
      path: ["charts", "delay"],
      writes: "key",
      siblings: { type: "line" },
    });
    expect(at("charts:\n  delay:\n    type: line\n  |")).toMatchObject({ path: ["charts"] });
  });

  it("is a value behind its key", () => {
    const found = at("charts:\n  delay:\n    query: da|\n    type: line");
    expect(found).toMatchObject({
      path: ["charts", "delay", "query"],
      writes: "value",
      typed: "da",
      siblings: { type: "line" },
    });
  });

  it("is found inside braces and brackets", () => {
    expect(at("charts:\n  a: {type: kpi, query: da|}")).toMatchObject({
      path: ["charts", "a", "query"],
      writes: "value",
      typed: "da",
      siblings: { type: "kpi" },
    });
    expect(at("charts:\n  a: {type: kpi, va|")).toMatchObject({
      path: ["charts", "a"],
      writes: "key",
      typed: "va",
    });
    expect(at("layout:\n  - [{chart: on|")).toMatchObject({
      path: ["layout", "*", "*", "chart"],
      writes: "value",
    });
  });

  it("is a part of a list behind a dash", () => {
    expect(at("queries:\n  a:\n    checks:\n      - ro|")).toMatchObject({
      path: ["queries", "a", "checks", "*"],
      typed: "ro",
    });
  });

  it("is nowhere inside comments and block texts", () => {
    expect(at("title: x # a com|ment")).toBeNull();
    const text = "queries:\n  a:\n    sql: |\n      SELECT";
    expect(cursorAt(text, text.length)).toBeNull();
  });
});

describe("a statement around a cursor", () => {
  const text = "queries:\n  a:\n    sql: |\n      SELECT x\n        FROM t\n    ttl: 1h\n";

  it("is the block without its margin, and maps back into the file", () => {
    const offset = text.indexOf("FROM") + 4;
    const found = sqlAt(text, offset);
    expect(found?.sql).toBe("SELECT x\n  FROM t\n");
    expect(found?.sql.slice(0, found.offset)).toBe("SELECT x\n  FROM");
    expect(found?.map(found.sql.indexOf("FROM"))).toBe(text.indexOf("FROM"));
    expect(found?.map(0)).toBe(text.indexOf("SELECT"));
  });

  it("ends where the block ends", () => {
    expect(sqlAt(text, text.indexOf("ttl") + 2)).toBeNull();
    expect(sqlAt(text, 4)).toBeNull();
  });
});
