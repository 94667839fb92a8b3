/** The change of one overload in a deployment. */
import type { ManifestOverload } from "../manifest/mod.ts";

/** A kind of change. */
export type Change = "added" | "changed" | "removed" | "unchanged";

/** The change of one overload, identified by `(service, rpc, args)`. */
export interface OverloadDiff {
  readonly service: string;
  readonly rpc: string;
  readonly args: readonly string[];
  readonly change: Change;
  /** Its old state; undefined if it is added. */
  readonly before?: ManifestOverload;
  /** Its new state; undefined if it is removed. */
  readonly after?: ManifestOverload;
}
