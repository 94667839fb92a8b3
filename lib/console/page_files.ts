/** The page: plain modules and a style sheet, sent unchanged from `page/`. There is no build step. */

/** A file of the page. */
export interface PageFile {
  readonly type: string;
  readonly text: string;
}

const types = new Map([
  ["css", "text/css; charset=utf-8"],
  ["html", "text/html; charset=utf-8"],
  ["js", "text/javascript; charset=utf-8"],
  ["svg", "image/svg+xml"],
]);

/** The only files that are served. tools/compile.ts embeds the folder. */
const names = [
  "api.js",
  "app.js",
  "call_view.js",
  "changes_view.js",
  "dom.js",
  "fleet_view.js",
  "icon.svg",
  "index.html",
  "logs_view.js",
  "picture.js",
  "style.css",
  "tables.js",
  "views.css",
];

/** Reads a file of the page by name (empty for index.html); undefined if no such file exists. */
export async function readPageFile(name: string): Promise<PageFile | undefined> {
  const file = name === "" ? "index.html" : name;
  if (!names.includes(file)) return undefined;
  // In an executable, this module and the folder are elsewhere, but next to each other.
  const url = new URL(`./page/${file}`, import.meta.url);
  const text = url.protocol === "file:"
    ? await Deno.readTextFile(url)
    : await (await fetch(url)).text();
  return { type: types.get(file.slice(file.lastIndexOf(".") + 1))!, text };
}
