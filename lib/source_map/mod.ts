/**
 * Where a place in a bundled script comes from: made of a bundler's source map where scripts are bundled, kept beside
 * the script on a node, and read when a stack goes to the log. Holds names and places, no source code. Pure.
 *
 * This room must never know of files, scripts or stacks.
 *
 * @module
 */
export { checkSourceMap, isSourceMap, type SourceLocation, SourceMap } from "./source_map.ts";
export { compactSourceMap } from "./from_map.ts";
