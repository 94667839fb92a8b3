/**
 * Source locations of bundled scripts: converted from a bundler's source map when scripts are bundled, stored beside
 * the script on a node, and read when a stack goes to the log. Contains names and positions, no code. Pure. This room
 * must never know files, scripts or stacks.
 *
 * @module
 */
export { checkSourceMap, isSourceMap, type SourceLocation, SourceMap } from "./source_map.ts";
export { compactSourceMap } from "./from_map.ts";
