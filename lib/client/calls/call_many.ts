/** The same call at many nodes, some at a time, with outcomes as they arrive. */
import { FarcallError } from "../../errors/mod.ts";
import type { Reply } from "./call_request.ts";
import { type NodeAddress, shortName } from "../address.ts";

/** One node's outcome: its reply or its error. */
export type NodeReply =
  & {
    /** Its name in init.yaml; its address where it has none. */
    readonly node: string;
    /** How long the node took, in milliseconds. */
    readonly durationMs: number;
  }
  & (
    | { readonly reply: Reply; readonly error?: undefined }
    | { readonly reply?: undefined; readonly error: FarcallError }
  );

/** How many nodes are called. */
export interface ManyOptions {
  /** How many of them at once. */
  readonly concurrency: number;
  /** Handles each reply while its node still counts against that limit, e.g. reads its stream. */
  readonly settle?: (reply: Reply, node: string) => Promise<void>;
}

/**
 * Calls nodes, and yields outcomes in the order of arrival. Holds at most as many outcomes as there are calls at once,
 * so a slow consumer slows the calls.
 *
 * @param call Makes the call at one node; the signal is raised when the consumer stops.
 * @throws Errors of `call` other than {@linkcode FarcallError}.
 */
export async function* callMany(
  nodes: readonly NodeAddress[],
  call: (node: NodeAddress, signal: AbortSignal) => Promise<Reply>,
  { concurrency, settle }: ManyOptions,
): AsyncGenerator<NodeReply, void> {
  const abort = new AbortController();
  const left = nodes.values();
  const lanes = new Map<number, Promise<{ lane: number; outcome: NodeReply }>>();
  const next = (lane: number): void => {
    const { value: node, done } = left.next();
    if (done) lanes.delete(lane);
    else {
      const calling = outcomeOf(node, call(node, abort.signal), settle);
      const settling = calling.then((outcome) => ({ lane, outcome }));
      // The race below reports a rejection, possibly much later.
      settling.catch(() => {});
      lanes.set(lane, settling);
    }
  };
  for (let lane = 0; lane < concurrency; lane++) next(lane);
  try {
    while (lanes.size > 0) {
      const { lane, outcome } = await Promise.race(lanes.values());
      yield outcome;
      next(lane);
    }
  } finally {
    abort.abort();
  }
}

async function outcomeOf(
  node: NodeAddress,
  calling: Promise<Reply>,
  settle: ManyOptions["settle"],
): Promise<NodeReply> {
  const name = shortName(node);
  const startedMs = performance.now();
  const durationMs = (): number => performance.now() - startedMs;
  try {
    const reply = await calling;
    await settle?.(reply, name);
    return { node: name, durationMs: durationMs(), reply };
  } catch (error) {
    if (!(error instanceof FarcallError)) throw error;
    return { node: name, durationMs: durationMs(), error };
  }
}

/**
 * Refuses stream sources that can be read only once: each node needs all of the items.
 *
 * @throws {TypeError} Says what to pass instead.
 */
export function checkReadableByMany(values: readonly unknown[]): void {
  for (const [index, value] of values.entries()) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) continue;
    const iterable = value as { [Symbol.asyncIterator]?(): unknown; [Symbol.iterator]?(): unknown };
    const isOnce = iterable[Symbol.asyncIterator]?.() === value ||
      iterable[Symbol.iterator]?.() === value;
    if (!isOnce && !("getReader" in value)) continue;
    throw new TypeError(
      `argument ${
        index + 1
      } can be read only once, but every node needs it; give an array, or an ` +
        "object whose [Symbol.asyncIterator]() starts over",
    );
  }
}
