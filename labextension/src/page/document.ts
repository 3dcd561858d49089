/** What the HTML of a page carries besides its text. */

/** The JSON of a data block, or null where there is none. */
export function readJson(id: string): unknown {
  const text = document.getElementById(id)?.textContent;
  return text ? (JSON.parse(text) as unknown) : null;
}

/** The content of a meta element, or null where it is missing or empty. */
export function readMeta(name: string): string | null {
  return document.querySelector(`meta[name="${name}"]`)?.getAttribute("content") || null;
}

/** The XSRF token that a cookie of the server carries, for calls that change something. */
export function xsrfToken(cookies: string = document.cookie): string | null {
  const match = /(?:^|;\s*)_xsrf=([^;]*)/.exec(cookies);
  return match?.[1] ? decodeURIComponent(match[1]) : null;
}
