/** The parts of a node. */
import type { AddressRange } from "../identity/mod.ts";
import type { LimitChanges } from "../limits/mod.ts";
import type { Log, LogHistory } from "../log/mod.ts";
import type { FileStore } from "../store/mod.ts";
import type { Tracer } from "../traces/mod.ts";
import type { Listener } from "../transport/mod.ts";
import type { NodeFleet } from "./_fleet_membership.ts";
import type { LiveGeneration } from "./calls/live_generation.ts";
import type { OperatorRules } from "./operator.ts";
import type { DeployKeys } from "./peer/deployers.ts";

/** The parts of every node, which closes them. */
export interface CommonParts {
  readonly listener: Listener;
  /** The node's name. Default: from the first deployment; in an embedded node, none. */
  readonly name?: string;
  /** What callers may call it over HTTP besides its addresses and its name: in lower case. Default: nothing. */
  readonly hostNames?: readonly string[];
  /** Addresses that lead to it besides its own, as `parseAdvertised` gives them. */
  readonly advertised?: readonly string[];
  /** The origins whose pages in browsers may call over HTTP. Default: none. */
  readonly allowedOrigins?: readonly string[];
  /** Serves monitors alone, which `listener` then does not. Default: it does. */
  readonly metricsListener?: Listener;
  /** Addresses that may read its health and metrics besides its own machine. Default: none. */
  readonly metricsAllow?: readonly AddressRange[];
  readonly log?: Log;
  /** The written records, for authorised readers. Default: none. */
  readonly logHistory?: LogHistory;
  /** Records its calls' spans. Default: none. */
  readonly tracer?: Tracer;
  /** Bounds in place of those of lib/limits. Default: none. */
  readonly bounds?: LimitChanges;
}

/** The parts of a node that takes deployments. */
export interface NodeParts extends CommonParts {
  readonly store: FileStore;
  /** The operator's bounds and grants. */
  readonly rules: OperatorRules;
  /** Keys that may deploy. Default: its own user on its own machine. */
  readonly deployKeys?: DeployKeys;
  /** The fleet whose desired state it follows. Default: none. */
  readonly fleet?: NodeFleet;
}

/** The parts of an embedded node. */
export interface EmbeddedNodeParts extends CommonParts {
  readonly live: LiveGeneration;
}
