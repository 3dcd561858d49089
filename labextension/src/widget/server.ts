/** Where a Jupyter page's own server keeps Peter's files. */

/**
 * The folder's address with a slash at its end; null on a page that is no Jupyter page, and for a
 * server of another origin, whose scripts have no business in a notebook.
 */
export function staticAddress(page: Document, here: string): string | null {
  const text = page.getElementById("jupyter-config-data")?.textContent;
  if (!text) return null;
  try {
    const { baseUrl } = JSON.parse(text) as { baseUrl?: unknown };
    if (typeof baseUrl !== "string") return null;
    const base = new URL(baseUrl.endsWith("/") ? baseUrl : `${baseUrl}/`, here);
    return base.origin === new URL(here).origin ? new URL("peter/static/", base).href : null;
  } catch {
    return null;
  }
}
