/** One overload in a deployment. */
import type { ManifestOverload } from "../manifest/mod.ts";

/** What happens to something in a deployment. */
export type Change = "added" | "changed" | "removed" | "unchanged";

/** What happens to one overload: `(service, rpc, args)` tells it from others. */
export interface OverloadDiff {
  readonly service: string;
  readonly rpc: string;
  readonly args: readonly string[];
  readonly change: Change;
  /** What it was; undefined if it is added. */
  readonly before?: ManifestOverload;
  /** What it becomes; undefined if it is removed. */
  readonly after?: ManifestOverload;
}
