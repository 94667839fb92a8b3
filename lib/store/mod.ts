/**
 * A node's durable state: scripts by id, and generations, of which one is current. What is not yet
 * committed does not exist after a restart; what was committed does, whatever happens in between.
 *
 * This room knows what a manifest looks like. It must never know of connections, of callers or of
 * executors, and it never runs, parses or understands a script.
 *
 * @module
 */
export { type ReachedFleetState, readFleetFile, writeFleetFile } from "./fleet_file.ts";
export { readNodeKey } from "./node_key.ts";
export { type Generation, type PreparedGeneration, scriptsOf, type Store } from "./store.ts";
export { FileStore, type FileStoreOptions } from "./file_store.ts";
