/** Where a cursor stands in a dashboard file, read by indentation: the text need not be valid. */

/** The mapping or list around a cursor, and what is being written there. */
export interface Cursor {
  /** Keys from the root; a part of a list is `*`. */
  path: string[];
  /** Whether a key is being written, or the value of the path's last part. */
  writes: "key" | "value";
  typed: string;
  /** Where what is typed begins. */
  from: number;
  /** What the mapping around says already: keys with their plain values. */
  siblings: Record<string, string>;
}

interface Line {
  indent: number;
  text: string;
  from: number;
}

interface Block {
  indent: number;
  part: string;
  line: number;
}

const KEY = /^(?:"([^"]*)"|'([^']*)'|([^\s:#,[\]{}"'][^:#,[\]{}]*?))\s*:(?=\s|$)\s*/;

/** The cursor at an offset, null inside comments and block texts. */
export function cursorAt(text: string, offset: number): Cursor | null {
  const lines = readLines(text);
  const at = lineIndex(lines, offset);
  const line = lines[at];
  if (!line) return null;
  const before = line.text.slice(0, offset - line.from);
  if (/(^|\s)#/.test(before)) return null;
  const blocks = blocksAbove(lines, at, indentOf(before, line));
  if (blocks === null) return null;
  return readHere(before, line, lines, at, blocks);
}

/** A statement of the file: the cursor in it, and the way from its places to the file's. */
export interface Statement {
  sql: string;
  offset: number;
  map: (at: number) => number;
}

/** The statement of the `sql` block around an offset, null outside of one. */
export function sqlAt(text: string, offset: number): Statement | null {
  const lines = readLines(text);
  const at = lineIndex(lines, offset);
  const body = blockAround(lines, at);
  const row = body.findIndex((line) => line.from === lines[at]?.from);
  const here = body[row];
  if (!here) return null;
  const written = body.filter((line) => line.text.trim() !== "");
  const margin = written.length > 0 ? Math.min(...written.map((line) => line.indent)) : 0;
  if (offset - here.from < Math.min(margin, here.text.length)) return null;
  const starts: number[] = [];
  let sql = "";
  for (const line of body) {
    starts.push(sql.length);
    sql += `${line.text.slice(margin)}\n`;
  }
  const map = (position: number): number => {
    const found = starts.findLastIndex((start) => start <= position);
    const line = body[found] ?? here;
    return line.from + Math.min(margin, line.text.length) + position - (starts[found] ?? 0);
  };
  return { sql, offset: (starts[row] ?? 0) + Math.max(0, offset - here.from - margin), map };
}

/** The lines of the `sql` block that may hold a line: those below its head, indented deeper. */
function blockAround(lines: Line[], at: number): Line[] {
  const opens = /^\s*(- )?sql:\s*[|>][+-]?\d?\s*(#.*)?$/;
  const head = lines.slice(0, at).findLastIndex((line) => opens.test(line.text));
  const opened = lines[head];
  if (!opened) return [];
  const rest = lines.slice(head + 1);
  const end = rest.findIndex((line) => line.text.trim() !== "" && line.indent <= opened.indent);
  return end < 0 ? rest : rest.slice(0, end);
}

function readLines(text: string): Line[] {
  let from = 0;
  return text.split("\n").map((line) => {
    const read = { indent: /^ */.exec(line)?.[0].length ?? 0, text: line, from };
    from += line.length + 1;
    return read;
  });
}

function lineIndex(lines: Line[], offset: number): number {
  let found = 0;
  lines.forEach((line, index) => {
    if (line.from <= offset) found = index;
  });
  return found;
}

/** An empty line stands where the cursor stands; a list's part where its dash does. */
function indentOf(before: string, line: Line): number {
  return line.text.trim() === "" ? before.length : line.indent;
}

/** The keys above a line that it belongs to, null where a block text holds it. */
function blocksAbove(lines: Line[], at: number, indent: number): Block[] | null {
  const found: Block[] = [];
  let limit = indent;
  for (let index = at - 1; index >= 0 && limit > 0; index -= 1) {
    const line = lines[index];
    if (!line || line.text.trim() === "" || line.text.trim().startsWith("#")) continue;
    const parts = partsOf(line, index).filter((part) => part.indent < limit);
    if (parts.length === 0) continue;
    if (isBlockText(line)) return null;
    found.unshift(...parts);
    limit = parts[0]?.indent ?? limit;
  }
  return found;
}

function partsOf(line: Line, index: number): Block[] {
  const parts: Block[] = [];
  let { indent } = line;
  let rest = line.text.slice(indent);
  while (rest.startsWith("- ")) {
    parts.push({ indent, part: "*", line: index });
    const gap = /^-\s+/.exec(rest)?.[0].length ?? 2;
    indent += gap;
    rest = rest.slice(gap);
  }
  const key = KEY.exec(rest);
  if (key) parts.push({ indent, part: nameOf(key), line: index });
  return parts;
}

function isBlockText(line: Line): boolean {
  return /:\s*[|>][+-]?\d?\s*(#.*)?$/.test(line.text);
}

function readHere(before: string, line: Line, lines: Line[], at: number, blocks: Block[]): Cursor {
  const path = blocks.map((block) => block.part);
  let rest = before.slice(Math.min(line.indent, before.length));
  let { indent } = line;
  while (/^-(\s|$)/.test(rest)) {
    path.push("*");
    const gap = /^-\s*/.exec(rest)?.[0].length ?? 1;
    indent += gap;
    rest = rest.slice(gap);
  }
  const offset = line.from + before.length;
  const key = KEY.exec(rest);
  if (key) {
    path.push(nameOf(key));
    rest = rest.slice(key[0].length);
  }
  if (/^[{[]/.test(rest)) return readFlow(rest, path, offset);
  const value = key !== null || (path.at(-1) === "*" && !hasColon(line));
  return {
    path,
    writes: value ? "value" : "key",
    typed: rest,
    from: offset - rest.length,
    siblings: siblingsOf(lines, at, indent),
  };
}

function hasColon(line: Line): boolean {
  return /:(\s|$)/.test(line.text);
}

/** The plain values of the keys at one indentation around a line. */
function siblingsOf(lines: Line[], at: number, indent: number): Record<string, string> {
  const found: Record<string, string> = {};
  const take = (line: Line, index: number): void => {
    const part = partsOf(line, index).find((one) => one.indent === indent && one.part !== "*");
    if (!part || index === at) return;
    const value = line.text
      .slice(indent)
      .replace(KEY, "")
      .replace(/\s+#.*$/, "")
      .trim();
    found[part.part] = unquoted(value);
  };
  for (const step of [-1, 1]) {
    for (let index = at + step; index >= 0 && index < lines.length; index += step) {
      const line = lines[index];
      if (!line) break;
      if (line.text.trim() === "") continue;
      const start = partsOf(line, index);
      if (line.indent < indent && !start.some((part) => part.indent === indent)) break;
      take(line, index);
      if (line.indent < indent) break;
    }
  }
  return found;
}

interface Frame {
  map: boolean;
  key: string | null;
  word: string;
  siblings: Record<string, string>;
}

/** The cursor inside `{…}` and `[…]` of one line. */
function readFlow(text: string, outer: string[], offset: number): Cursor {
  const frames = framesOf(text);
  const path = [...outer];
  for (const frame of frames) {
    if (!frame.map) path.push("*");
    else if (frame.key) path.push(frame.key);
  }
  const last = frames.at(-1);
  if (!last) return { path, writes: "value", typed: "", from: offset, siblings: {} };
  const typed = last.word.trimStart();
  const writes = last.map && last.key === null ? "key" : "value";
  return { path, writes, typed, from: offset - typed.length, siblings: last.siblings };
}

/** The braces and brackets that are open at the end of a text, and how far each was written. */
function framesOf(text: string): Frame[] {
  const frames: Frame[] = [];
  let quote = "";
  for (const sign of text) {
    const frame = frames.at(-1);
    if (quote !== "") {
      if (sign === quote) quote = "";
      else if (frame) frame.word += sign;
    } else if (sign === '"' || sign === "'") quote = sign;
    else readSign(sign, frames, frame);
  }
  return frames;
}

function readSign(sign: string, frames: Frame[], frame: Frame | undefined): void {
  if (sign === "{" || sign === "[") {
    frames.push({ map: sign === "{", key: null, word: "", siblings: {} });
  } else if (sign === "}" || sign === "]") frames.pop();
  else if (frame) writeSign(sign, frame);
}

function writeSign(sign: string, frame: Frame): void {
  if (sign === ",") endPart(frame);
  else if (sign === ":" && frame.map && frame.key === null) {
    frame.key = frame.word.trim();
    frame.word = "";
  } else frame.word += sign;
}

function endPart(frame: Frame): void {
  if (frame.key !== null) frame.siblings[frame.key] = frame.word.trim();
  frame.key = null;
  frame.word = "";
}

function nameOf(key: RegExpExecArray): string {
  return (key[1] ?? key[2] ?? key[3] ?? "").trim();
}

function unquoted(value: string): string {
  return /^(["']).*\1$/.test(value) ? value.slice(1, -1) : value;
}
