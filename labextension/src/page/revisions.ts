/** The revisions of a dashboard, as the API tells them. */

import { type Change, request } from "./fetching";

/** One entry of a history, the newest first; a deletion is one, too. */
export interface Revision {
  number: number;
  revision: string;
  published_at: string;
  published_by: string;
  message: string | null;
  deleted: boolean;
}

/** What was published, and where its file is kept where it is changed there alone. */
export interface Revisions {
  revisions: Revision[];
  managed: string | null;
}

const MOST = "200";

/** Everything that was published; of a very long history the newest part. */
export async function fetchRevisions(board: string): Promise<Revisions> {
  const url = address(board, "revisions", { page_size: MOST });
  return (await request(url, {})) as Revisions;
}

/** What changed in meaning from one revision to another. */
export async function fetchChanges(board: string, from: string, to: string): Promise<Change[]> {
  const found = (await request(address(board, "diff", { from, to }), {})) as { changes: Change[] };
  return found.changes;
}

/** Publishes an earlier revision again, unless somebody published since `head`. */
export async function restore(board: string, revision: string, head: string): Promise<void> {
  await request(address(board, "restore", {}), {
    method: "POST",
    headers: { "If-Match": `"${head}"` },
    body: { revision },
  });
}

function address(board: string, name: string, query: Record<string, string>): URL {
  const url = new URL(`${board}/${name}`, document.baseURI);
  for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
  return url;
}
