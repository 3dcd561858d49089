/** Handing the reader a file, without a server. */

/** Saves a text or a data address under a name. */
export function save(name: string, content: string, type: string): void {
  const isData = content.startsWith("data:");
  const address = isData ? content : URL.createObjectURL(new Blob([content], { type }));
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.download = name;
  anchor.click();
  if (!isData) setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** A file name of a title: letters, digits and dashes, at most 80 characters. */
export function fileName(title: string, extension: string): string {
  const stem = title
    .normalize("NFKD")
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 80)
    .toLowerCase();
  return `${stem || "chart"}.${extension}`;
}
