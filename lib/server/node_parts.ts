/** What a node is made of. */
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

/** What every node is made of. The node closes all of it. */
export interface CommonParts {
  readonly listener: Listener;
  /** The node's name; where left out the first deployment's, or none where it is embedded. */
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
  /** What the log has said, for who may ask. Default: nobody hears of it. */
  readonly logHistory?: LogHistory;
  /** What its calls' spans are made by. Default: they have none. */
  readonly tracer?: Tracer;
  /** Other bounds than those of lib/limits. Default: none. */
  readonly bounds?: LimitChanges;
}

/** What a node is made of that is deployed to. */
export interface NodeParts extends CommonParts {
  readonly store: FileStore;
  /** What the operator allows. */
  readonly rules: OperatorRules;
  /** Keys that may deploy. Default: its own user on its own machine. */
  readonly deployKeys?: DeployKeys;
  /** The fleet whose desired state it follows. Default: none. */
  readonly fleet?: NodeFleet;
}

/** What a node is made of that is part of a program. */
export interface EmbeddedNodeParts extends CommonParts {
  readonly live: LiveGeneration;
}
