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

/** The text of a `sql` block around an offset, with where it begins and how far it is indented. */
export function sqlAt(
  text: string,
  offset: number,
): { sql: string; offset: number; map: (at: number) => number } | null {
  const lines = readLines(text);
  const at = lineIndex(lines, offset);
  let head = at - 1;
  for (; head >= 0; head -= 1) {
    const line = lines[head];
    if (line && /^\s*(- )?sql:\s*[|>][+-]?\d?\s*(#.*)?$/.test(line.text)) break;
  }
  const opened = lines[head];
  if (!opened) return null;
  const rest = lines.slice(head + 1);
  const end = rest.findIndex((line) => line.text.trim() !== "" && line.indent <= opened.indent);
  const body = end < 0 ? rest : rest.slice(0, end);
  const inside = body.findIndex((line) => line.from === lines[at]?.from);
  if (inside < 0) return null;
  const margin = Math.min(...body.filter((l) => l.text.trim() !== "").map((l) => l.indent));
  const cut = Number.isFinite(margin) ? margin : 0;
  const here = body[inside];
  if (!here || offset - here.from < Math.min(cut, here.text.length)) return null;
  const starts: number[] = [];
  let sql = "";
  for (const line of body) {
    starts.push(sql.length);
    sql += `${line.text.slice(cut)}\n`;
  }
  const local = (starts[inside] ?? 0) + Math.max(0, offset - here.from - cut);
  const map = (position: number): number => {
    let row = starts.findIndex(
      (start, index) => position < (starts[index + 1] ?? Infinity) && position >= start,
    );
    if (row < 0) row = starts.length - 1;
    const line = body[row];
    return line
      ? line.from + Math.min(cut, line.text.length) + position - (starts[row] ?? 0)
      : offset;
  };
  return { sql, offset: local, map };
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
  const key = KEY.exec(rest);
  const offset = line.from + before.length;
  if (!key) {
    const plain = rest.startsWith("{") || rest.startsWith("[");
    if (plain) return readFlow(rest, path, offset);
    const inList = path.at(-1) === "*";
    const siblings = siblingsOf(lines, at, indent);
    return {
      path,
      writes: inList && !hasColon(line) ? "value" : "key",
      typed: rest,
      from: offset - rest.length,
      siblings,
    };
  }
  path.push(nameOf(key));
  const value = rest.slice(key[0].length);
  if (value.startsWith("{") || value.startsWith("[")) return readFlow(value, path, offset);
  const siblings = siblingsOf(lines, at, indent);
  return { path, writes: "value", typed: value, from: offset - value.length, siblings };
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

/** The cursor inside `{…}` and `[…]` of one line. */
function readFlow(text: string, outer: string[], offset: number): Cursor {
  interface Frame {
    map: boolean;
    key: string | null;
    word: string;
    siblings: Record<string, string>;
  }
  const frames: Frame[] = [];
  let quote = "";
  for (const sign of text) {
    const frame = frames.at(-1);
    if (quote) {
      if (sign === quote) quote = "";
      else if (frame) frame.word += sign;
    } else if (sign === '"' || sign === "'") quote = sign;
    else if (sign === "{" || sign === "[")
      frames.push({ map: sign === "{", key: null, word: "", siblings: {} });
    else if (sign === "}" || sign === "]") frames.pop();
    else if (sign === "," && frame) {
      if (frame.key !== null) frame.siblings[frame.key] = frame.word.trim();
      frame.key = null;
      frame.word = "";
    } else if (sign === ":" && frame?.map && frame.key === null) {
      frame.key = frame.word.trim();
      frame.word = "";
    } else if (frame) frame.word += sign;
  }
  const path = [...outer];
  frames.forEach((frame, index) => {
    const innermost = index === frames.length - 1;
    if (!frame.map) path.push("*");
    else if (frame.key !== null && (!innermost || frame.key !== "")) path.push(frame.key);
  });
  const last = frames.at(-1);
  if (!last) return { path, writes: "value", typed: "", from: offset, siblings: {} };
  const typed = last.word.trimStart();
  const writes = last.map && last.key === null ? "key" : "value";
  return { path, writes, typed, from: offset - typed.length, siblings: last.siblings };
}

function nameOf(key: RegExpExecArray): string {
  return (key[1] ?? key[2] ?? key[3] ?? "").trim();
}

function unquoted(value: string): string {
  return /^(["']).*\1$/.test(value) ? value.slice(1, -1) : value;
}
