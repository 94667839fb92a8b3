/** How many executors a node has, starts and tries at once, and how long it waits for one. Part of `limits`. */
import { MiB } from "./units.ts";

const second = 1000;

export const executorBudget = {
  /** Executors that start at the same time; more would only slow each other down. */
  executorStartsAtOnceMax: 4,
  /** Executors of a node; Infinity stands for as many as its memory and its descriptors allow. */
  executorsMax: Infinity,
  /** Then so many: a share of the memory, at so much each (measured: 14 to 18 MiB). */
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
  /** A starting executor must have loaded its scripts within this. */
  executorStartTimeoutMs: 10 * second,
  /** An executor that was told to stop is killed after this. */
  executorStopTimeoutMs: 2 * second,
  /** An executor whose link broke has mostly ended: its status comes within this, or it is killed. */
  executorExitTimeoutMs: 1 * second,
  /** An executor that has had so much processor time and not answered a ping is ended, unless a call may keep it busy. */
  executorUnresponsiveMs: 500,
  /** One that has not answered for this long is looked at. */
  executorDoubtMs: 50,
  /** It is ended after this where the system does not tell its processor time. */
  executorSilentMs: 2 * second,
  /** And after this whatever processor time it has had: it may be stopped. */
  executorStillMs: 10 * second,
  /** An executor that has not been heard for this long is pinged: with calls since, and without. */
  executorQuietMs: 250,
  executorQuietMsMax: 5 * second,
  /** Waits between starts of an executor that dies on start: the first, and the longest. */
  executorBackOffMsFirst: 100,
  executorBackOffMsMax: 30 * second,
} as const;
