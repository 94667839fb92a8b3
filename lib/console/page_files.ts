/** The page: plain modules and a style sheet, sent as they lie in `page/`. Nothing builds them. */

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

/** All of them: nothing else can be asked for. tools/compile.ts embeds the folder. */
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

/** Reads a file of the page; undefined where it has none of that name, which is empty for its first. */
export async function readPageFile(name: string): Promise<PageFile | undefined> {
  const file = name === "" ? "index.html" : name;
  if (!names.includes(file)) return undefined;
  // In an executable, this module and the folder lie elsewhere, but side by side.
  const url = new URL(`./page/${file}`, import.meta.url);
  const text = url.protocol === "file:"
    ? await Deno.readTextFile(url)
    : await (await fetch(url)).text();
  return { type: types.get(file.slice(file.lastIndexOf(".") + 1))!, text };
}
