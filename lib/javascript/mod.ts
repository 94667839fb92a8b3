/**
 * The parser of JavaScript: acorn, which tells whether a script imports anything, and what its function takes.
 *
 * @module
 */
export {
  type Comment,
  getLineInfo,
  type Node,
  type Options,
  Parser,
  tokTypes,
} from "./_library.ts";
