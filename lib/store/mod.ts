/**
 * A node's durable state: scripts by id, and generations, of which one is current. After a restart at any moment,
 * exactly what was committed exists.
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
