/**
 * A node: accept, connection, access, dispatch, deployment.
 *
 * A request flows one way: `_connection` reads the first byte, a session (`frames/frame_session`, or in `json`
 * `text_session`, `jsonrpc_session`, `http_session`) turns bytes into a request, `calls/access` decides,
 * `calls/dispatch` runs it on an executor. A new framing is a session beside these; a new step of a deployment is a
 * request in `frames/_requests`, done by `deployment`.
 *
 * This room must never know of init.yaml, source code, or how a caller finds a node.
 *
 * @module
 */
export type { CertificateFiles } from "./_secure_listener.ts";
export { type Caller, isLoopback } from "./calls/access.ts";
export { type LiveGeneration, liveGeneration } from "./calls/live_generation.ts";
export { FarcallNode } from "./node.ts";
export type { EmbeddedNodeParts, NodeParts } from "./node_parts.ts";
export { serveNode, type ServeOptions } from "./serve.ts";
export { ServiceStats } from "./calls/service_stats.ts";
export { SeriesRoom } from "./metrics/call_series.ts";
export { parseHostName } from "./json/http_routes.ts";
export { parseAdvertised, parseMetricsReader } from "./operator.ts";
