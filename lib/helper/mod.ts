/**
 * Helpers: processes of our own program for work that would block a node's event loop too long, namely reading large
 * requests and writing large results of the text protocols, and checking scripts. This room must never know of
 * connections, access, or executors.
 *
 * @module
 */
export type { PreparedCall } from "../protocol/json/mod.ts";
export { helperArgument } from "./_spawn.ts";
export {
  type HeldArguments,
  type HeldItem,
  type HeldJsonRpc,
  type HeldTextRequest,
  type JsonText,
  WholeMessages,
} from "./whole_messages.ts";
