/**
 * A node's durable state: scripts by id, and generations, one of them current. After a restart at any moment, exactly
 * what was committed exists. This room knows the shape of manifests. It must never know connections, callers or
 * executors, and it never runs, parses or interprets a script.
 *
 * @module
 */
export { type ReachedFleetState, readFleetFile, writeFleetFile } from "./fleet_file.ts";
export { readNodeKey } from "./node_key.ts";
export { type Generation, type PreparedGeneration, scriptsOf, type Store } from "./store.ts";
export { FileStore, type FileStoreOptions } from "./file_store.ts";
