/** How many executors a node has, starts and tries at once. Part of `limits`. */
import { MiB } from "./units.ts";

const second = 1000;

export const executorBudget = {
  /** Executors that start at the same time; more would only slow each other down. */
  executorStartsAtOnceMax: 4,
  /** Executors of a node, where its operator says nothing: a share of the memory, at so much each (measured: 14 to 18 MiB). */
  executorsMemoryShare: 0.5,
  executorCostBytes: 18 * MiB,
  /** While a service waits for one, another is asked this often to end its calls and give way. */
  executorTurnMs: 1 * second,
  /** Calls that wait in vain hear of it so long before their deadline, or a tenth of it. */
  placeLeadMs: 200,
  /** New services that a deployment tries at the same time. */
  trialsAtOnceMax: 16,
  /** Executors that a deployment leaves running for first calls; the rest start on first use. */
  executorsWarmMax: 16,
} as const;
