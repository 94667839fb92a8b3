/**
 * The manifest: the deployable form of init.yaml for one node. It names scripts by id and holds no
 * source code. `deploy` makes it, it crosses the wire, the node checks it and stores it as a generation.
 */
import type { ScriptId } from "./script_id.ts";

/** The format that this version writes; a node refuses any other. */
export const manifestFormat = 1;

/** What one node runs. */
export interface Manifest {
  readonly format: typeof manifestFormat;
  /** The node's name in init.yaml. */
  readonly node: string;
  /** Every client that the fleet knows, in the order of the file (the order decides between matches). */
  readonly clients: readonly ManifestClient[];
  /** The services that this node provides. */
  readonly services: readonly ManifestService[];
}

/** A named caller. */
export interface ManifestClient {
  readonly name: string;
  /** The source address that it calls from. */
  readonly ip: string;
  /** The source port that it calls from; any where it is left out. */
  readonly port?: number;
}

/** A service on a node. */
export interface ManifestService {
  readonly name: string;
  readonly description?: string;
  /** The names of the clients that are let in. */
  readonly tenants: readonly string[];
  /** Every overload of every rpc, in the order of the file. */
  readonly overloads: readonly ManifestOverload[];
}

/** One signature of an rpc and the script behind it. */
export interface ManifestOverload {
  readonly rpc: string;
  readonly description?: string;
  /** Canonical type expressions. */
  readonly args: readonly string[];
  /** Canonical type expressions; none means no value, one the value itself, several a tuple. */
  readonly returns: readonly string[];
  readonly script: ScriptId;
}
