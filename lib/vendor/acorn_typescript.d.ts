/** What is used of acorn_typescript.js. */
import type { Parser } from "./acorn.js";

/** Makes a parser of JavaScript one of TypeScript: `Parser.extend(tsPlugin())`. */
export function tsPlugin(): (base: typeof Parser) => typeof Parser;
