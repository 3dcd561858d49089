import { afterEach, describe, expect, it, vi } from "vitest";
import { fetchArtifact, RequestProblem } from "../src/page/fetching";
import { stateBlock } from "../src/renderer/states";
import { language, speak, surround, Voice } from "../src/translation";

const ANSWER = {
  code: "query_failed",
  title: "Abfrage fehlgeschlagen",
  detail: "Division by zero.",
  hint: "SAFE_DIVIDE verwenden.",
  detail_lang: "en",
};
const GERMAN = { language: "de", words: { close: "Schließen" } };

afterEach(() => {
  vi.unstubAllGlobals();
  document.documentElement.lang = "";
  surround(null);
});

describe("a problem in two languages", () => {
  it("is marked where it is in another one than its page", () => {
    const block = stateBlock("failed", ANSWER);
    const [detail, hint] = block.querySelectorAll("p");
    expect([detail?.lang, detail?.textContent]).toEqual(["en", "Division by zero."]);
    expect(hint?.hasAttribute("lang")).toBe(false);
  });

  it("is asked for in the language of the page, and keeps what the server says of it", async () => {
    document.documentElement.lang = "de";
    const asked: unknown[] = [];
    const answer = (_: URL, { headers }: { headers: Record<string, string> }): Response => {
      asked.push(headers["Accept-Language"]);
      const type = "application/problem+json";
      return new Response(JSON.stringify(ANSWER), {
        status: 422,
        headers: { "Content-Type": type },
      });
    };
    vi.stubGlobal("fetch", (url: URL, init: { headers: Record<string, string> }) =>
      Promise.resolve(answer(url, init)),
    );
    const { signal } = new AbortController();
    const question = { query: "", charts: null, tab: null, refresh: false, wait: 1, signal };
    const failed: unknown = await fetchArtifact("http://x.test/data", question).catch(
      (error: unknown) => error,
    );
    expect(asked).toEqual(["de"]);
    expect(failed).toBeInstanceOf(RequestProblem);
    expect((failed as RequestProblem).problem).toEqual({ ...ANSWER, hint_lang: null });
  });
});

describe("a program with a language of its own", () => {
  it("has what no dashboard says in it, from then on", () => {
    surround(GERMAN);
    expect(language()).toBe("de");
    speak(null);
    const voice = new Voice(document.createElement("div"));
    expect(language()).toBe("de");
    voice.use(undefined);
    expect(language()).toBe("en");
    voice.leave();
  });
});
