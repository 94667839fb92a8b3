/**
 * Calls of a node's scripts to services of other nodes: connections, provider choice, attempts. Loaded with the first
 * such call. This room must never know which script calls, or whether it may: it is given a client's name, nodes and a
 * payload.
 *
 * @module
 */
export { type OutgoingNodeCall, OutgoingNodes, type OutgoingNodeSink } from "./outgoing_nodes.ts";
