/** Words in another language, which come as data: with an artifact, or with the HTML of a page. */

/**
 * A text with places for values, `"{0} of {1}"`; or several, of which the value at `by` chooses: by
 * its own text, else by its plural category in the catalogue's language.
 */
export type Template = string | { [form: string]: Template | number };

/** By the keys of `messages.ts`; `language` is a BCP 47 tag. Keys it lacks are said in English. */
export interface Catalogue {
  language: string;
  words: Record<string, Template>;
}

type Words = Record<string, unknown>;

interface Group {
  said: Words;
  english: Words;
}

const groups: Group[] = [];
/** What a page of its own is read in, or a program around it; a notebook has none. */
let page = embedded();
let spoken = page;

/** A copy of a group of words that `speak` changes. */
export function translated<T extends object>(english: T): T {
  const group: Group = { said: {}, english: english as Words };
  groups.push(group);
  say(group);
  return group.said as T;
}

/** From now on every word is a catalogue's; English without one. */
export function speak(catalogue: Catalogue | null | undefined): void {
  if (spoken === (catalogue ?? null)) return;
  spoken = catalogue ?? null;
  groups.forEach(say);
}

/** From now on, what no dashboard says is said in a catalogue's words; in English without one. */
export function surround(catalogue: Catalogue | null): void {
  page = catalogue;
  speak(page);
}

/** What may make an element say something new. */
const EVENTS = ["click", "keydown", "input", "change", "submit"];

/** The language of one element among several of a page: what happens in it is said in its words. */
export class Voice {
  private readonly end = new AbortController();

  /** Speaks what the page is read in until it is told another catalogue. */
  constructor(
    root: HTMLElement,
    private catalogue: Catalogue | null | undefined = page,
  ) {
    const options = { capture: true, signal: this.end.signal };
    for (const event of EVENTS) root.addEventListener(event, () => this.speak(), options);
    this.speak();
  }

  /** From now on, says it in a catalogue's words; in English without one. */
  use(catalogue: Catalogue | null | undefined): void {
    this.catalogue = catalogue;
    this.speak();
  }

  /** Takes the word, for what no event of the element leads to. */
  readonly speak = (): void => speak(this.catalogue);

  leave(): void {
    this.end.abort();
  }
}

/** The language words are said in. */
export function language(): string {
  return spoken?.language ?? "en";
}

function say({ said, english }: Group): void {
  for (const [key, own] of Object.entries(english)) {
    const told = spoken?.words[key];
    const isCalled = told !== undefined && typeof own === "function";
    said[key] = isCalled ? (...values: unknown[]) => filled(told, values) : (told ?? own);
  }
}

function filled(told: Template | number | undefined, values: unknown[]): string {
  if (typeof told === "string") {
    return told.replace(/\{(\d)\}/g, (_, at) => String(values[Number(at)]));
  }
  if (typeof told !== "object") return "";
  const value = values[Number(told.by)];
  const form = Object.hasOwn(told, String(value)) ? String(value) : plural(Number(value));
  return filled(told[form] ?? told.other, values);
}

function plural(count: number): string {
  return new Intl.PluralRules(language()).select(count);
}

/** The catalogue that a page's HTML brings. */
function embedded(): Catalogue | null {
  const text = globalThis.document?.getElementById("peter-words")?.textContent;
  return text ? (JSON.parse(text) as Catalogue) : null;
}
