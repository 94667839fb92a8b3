/**
 * init.yaml → a checked model of the network and its services, or every mistake in the file at once,
 * each with its line, its column, what was expected and how to fix it.
 *
 * This room must never know what a configuration is used for: it opens no connection, bundles no
 * script (its caller may pass a way to check scripts), prints nothing, and reads from the disk only the file itself
 * and whether the scripts that it names exist. Only `yaml/_library.ts` knows the YAML library.
 *
 * @module
 */
export {
  type FindInScripts,
  loadConfiguration,
  type LoadOptions,
  type NamedScript,
  parseConfiguration,
  type ParseOptions,
} from "./load.ts";
export {
  type CalledServer,
  calledServers,
  type CallingIdentity,
  callingIdentity,
  type ScriptCallEdge,
  scriptCallEdges,
} from "./calling_identity.ts";
export { type ConfigurationBounds, configurationBounds } from "./bounds.ts";
export { formatDiagnostic, invalidConfiguration } from "./diagnostic_text.ts";
export { format as configurationFormat } from "./format.ts";
export { configurationSchema } from "./json_schema.ts";
export { nearest } from "./suggest.ts";
export type {
  ClientEntry,
  Configuration,
  FleetAddress,
  NatsAddress,
  OverloadEntry,
  RpcEntry,
  ServerEntry,
  ServiceEntry,
  SourcePosition,
  TlsSettings,
} from "./model.ts";
