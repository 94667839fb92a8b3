/**
 * Attempts of one call: at the best provider, then at the others, then after pauses at all of them again; or at two at
 * the same time. A call that may have run is repeated only if its rpc is idempotent.
 */
import {
  Cancelled,
  ConnectionLost,
  type FarcallError,
  InvalidArguments,
  NodeUnreachable,
  Overloaded,
  RpcNotFound,
  ServerDraining,
  Unavailable,
} from "../../errors/mod.ts";
import type { Limits } from "../../limits/mod.ts";
import { AttemptState, callOnNode, hasChanged, type OutcomeTaker } from "./call_on_node.ts";
import type { CallRequest } from "./call_request.ts";
import type { CallableNode } from "../connection/callable_node.ts";
import { CutOff } from "../connection/cut_off.ts";
import { type CallDeadline, pause } from "../call_deadline.ts";
import type { Catalog } from "./catalog.ts";
import type { ConnectionPool } from "./connection_pool.ts";
import { formatNode, type NodeAddress } from "../address.ts";

/** What attempts need from their caller. */
export interface CallDependencies {
  readonly catalog: Catalog;
  readonly pool: ConnectionPool;
  /** Makes the one-shot node, for callers that open a connection for each call. */
  readonly oneShot?: (node: NodeAddress) => CallableNode;
}

/**
 * Makes a call at the best of its providers. If that fails before anything ran, or the rpc is idempotent, tries the
 * next one; then, as often as the call allows, all of them again after growing pauses.
 *
 * @param nodes At least one.
 * @throws The node's error, or why no node could be asked: see {@linkcode callOnNode}.
 */
export function callOnBest(
  dependencies: CallDependencies,
  nodes: readonly NodeAddress[],
  request: CallRequest,
  state: AttemptState,
): Promise<unknown> {
  const { catalog, pool, oneShot } = dependencies;
  const call = { dependencies, nodes, request, state };
  if (oneShot !== undefined || request.spans !== undefined) return callInTurn(call);
  const address = state.node = pool.choose(nodes);
  const node = pool.ready(address);
  if (node === undefined) return callInTurn(call, { address });
  const attempt = new FirstAttempt(call, address, node);
  state.taker = attempt;
  try {
    const replying = callOnNode({ catalog, node }, request, state);
    if (state.taker === undefined) return replying;
    state.taker = undefined;
    return attempt.follow(replying);
  } catch (error) {
    state.taker = undefined;
    return attempt.recover(error);
  }
}

/** A call, and what its attempts use and share. */
interface CallInTurn {
  readonly dependencies: CallDependencies;
  readonly nodes: readonly NodeAddress[];
  readonly request: CallRequest;
  readonly state: AttemptState;
}

/** A first attempt that has begun: its node, and the connection and error if it has failed. */
interface BegunCall {
  readonly address: NodeAddress;
  readonly failed?: { readonly node: CallableNode; readonly error: unknown };
}

/** The first attempt, over an open connection. Nearly all calls make no other, so it costs a single promise. */
class FirstAttempt implements OutcomeTaker {
  readonly #call: CallInTurn;
  readonly #address: NodeAddress;
  readonly #node: CallableNode;

  constructor(call: CallInTurn, address: NodeAddress, node: CallableNode) {
    this.#call = call;
    this.#address = address;
    this.#node = node;
  }

  succeeded(): void {
    this.#call.dependencies.pool.done(this.#address);
  }

  /** Awaits an outcome that the connection does not report to this taker. */
  async follow(replying: Promise<unknown>): Promise<unknown> {
    let reply: unknown;
    try {
      reply = await replying;
    } catch (error) {
      return await this.recover(error);
    }
    this.succeeded();
    return reply;
  }

  recover(error: unknown): Promise<unknown> {
    return callInTurn(this.#call, { address: this.#address, failed: { node: this.#node, error } });
  }
}

/** @param begun The first attempt, if it has begun already. */
async function callInTurn(
  { dependencies: { catalog, pool, oneShot }, nodes, request, state }: CallInTurn,
  begun?: BegunCall,
): Promise<unknown> {
  const { deadline, trace } = request;
  // The connection that reported the failure finishes its own work first.
  if (begun?.failed !== undefined) await undefined;
  let lost: ConnectionLost | undefined;
  for (let round = 0;; round++) {
    const failures: FarcallError[] = [];
    /** Nodes to try once more, because another route may lead to them. */
    const again = new Set<NodeAddress>();
    let isCutOff = false;
    let left = nodes;
    while (left.length > 0 && (failures.length === 0 || hasTime(deadline, 0))) {
      const address = state.node = begun?.address ?? pool.choose(left);
      let failed = begun?.failed;
      begun = undefined;
      let isLostOnce = false;
      if (failed === undefined) state.progress = "unsent";
      const span = request.spans?.attempt(address);
      state.context = span?.context;
      try {
        let node = failed?.node ?? oneShot?.(address) ?? pool.ready(address);
        if (node === undefined) {
          state.nowMs = undefined;
          node = await pool.to(address, deadline, trace);
        }
        isLostOnce = hasTwoWays(address) && !again.has(address);
        for (;;) {
          try {
            if (failed !== undefined) throw failed.error;
            const reply = await callOnNode({ catalog, node }, request, state);
            span?.end();
            return reply;
          } catch (error) {
            failed = undefined;
            state.nowMs = undefined;
            if (!(error instanceof InvalidArguments)) throw error;
            if (await hasChanged({ catalog, node }, request, state)) continue;
            throw state.known.length > 0 ? error : undeclared(request, error);
          }
        }
      } catch (error) {
        span?.end(error as Error);
        if (!isUnansweredBy(error)) throw error;
        pool.failed(address, error);
        if (!isSafeToRepeat(error, state) || pool.isClosed) throw error;
        isCutOff ||= wasCutOff(error, state);
        isLostOnce &&= error instanceof ConnectionLost || error instanceof NodeUnreachable;
        failures.push(error);
        if (error instanceof ConnectionLost) lost ??= error;
      } finally {
        pool.done(address);
      }
      left = left.filter((other) => other !== address);
      if (!isLostOnce) continue;
      again.add(address);
      left = [...left, address];
    }
    const pauseMs = retryPauseMs(round, pool.bounds);
    const roundsMax = Math.max(request.retries, isCutOff ? pool.bounds.cutOffRetries : 0);
    const isLast = round >= roundsMax || !hasTime(deadline, pauseMs);
    if (!isLast) await pause(pauseMs, deadline, pool.closing);
    if (isLast || pool.isClosed) throw lost ?? conclusionOf(failures, nodes);
  }
}

/**
 * As {@linkcode callOnBest}; but if an idempotent rpc has not answered after a while, a second attempt begins at
 * another provider. The first answer counts, and the other attempt is cancelled.
 */
export async function callHedged(
  dependencies: CallDependencies,
  nodes: readonly NodeAddress[],
  request: CallRequest,
  hedgeMs: number,
): Promise<unknown> {
  const first = new Attempt(dependencies, nodes, request, { isHedge: false });
  let second: Attempt | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const isDue = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), hedgeMs);
  });
  const settle = (attempt: Attempt): Promise<unknown> => {
    const other = attempt === first ? second : first;
    other?.cancel();
    return attempt.reply;
  };
  try {
    if (await Promise.race([first.outcome, isDue]) !== undefined) return await settle(first);
    const others = nodes.filter((node) => node !== first.node);
    if (others.length === 0) return await settle(first);
    second = new Attempt(dependencies, others, request, { isHedge: true });
    const { attempt, isAnswer } = await Promise.race([first.outcome, second.outcome]);
    if (isAnswer) return await settle(attempt);
    const other = attempt === first ? second : first;
    return await settle((await other.outcome).isAnswer ? other : first);
  } finally {
    clearTimeout(timer);
  }
}

/** How an attempt ended. */
interface AttemptOutcome {
  readonly attempt: Attempt;
  /** Whether its node answered, possibly with an exception; if not, the other attempt may still succeed. */
  readonly isAnswer: boolean;
}

/** One of two concurrent attempts of a call. */
class Attempt {
  readonly reply: Promise<unknown>;
  /** Never rejects. */
  readonly outcome: Promise<AttemptOutcome>;
  readonly #state: AttemptState;
  readonly #abort = new AbortController();

  constructor(
    dependencies: CallDependencies,
    nodes: readonly NodeAddress[],
    request: CallRequest,
    about: { readonly isHedge: boolean },
  ) {
    const { deadlineMs, signal } = request.deadline;
    const own = this.#abort.signal;
    const either = signal === undefined ? own : AbortSignal.any([signal, own]);
    const deadline = { deadlineMs, signal: either };
    this.#state = new AttemptState(about);
    this.reply = callOnBest(dependencies, nodes, { ...request, deadline }, this.#state);
    this.outcome = this.reply.then(
      () => ({ attempt: this, isAnswer: true }),
      (error) => ({
        attempt: this,
        isAnswer: !(isUnansweredBy(error) || error instanceof Cancelled),
      }),
    );
  }

  /** The node that it is made at. */
  get node(): NodeAddress | undefined {
    return this.#state.node;
  }

  /** Cancels it at the node. Does nothing once it has ended. */
  cancel(): void {
    this.#abort.abort();
  }
}

/** Whether a node has two routes, direct and through NATS: if one is lost, the other may still work. */
function hasTwoWays({ host, nats }: NodeAddress): boolean {
  return nats !== undefined && (host !== "" || (nats.announced ?? []).length > 0);
}

/** Whether a call may be repeated: nothing has run, or its rpc is idempotent. */
function isSafeToRepeat(error: FarcallError, { progress, isRepeatable }: AttemptState): boolean {
  return progress !== "taken" && (!(error instanceof ConnectionLost) || isRepeatable);
}

/** Whether an accepted connection ended before the node had taken the call: a new one may succeed at once. */
function wasCutOff(error: FarcallError, { progress }: AttemptState): boolean {
  return error instanceof CutOff || error instanceof ConnectionLost && progress === "unsent";
}

/** Whether a failed attempt may continue at another node. */
export function isUnansweredBy(error: unknown): error is FarcallError {
  return error instanceof NodeUnreachable || error instanceof ServerDraining ||
    error instanceof Overloaded || error instanceof Unavailable || error instanceof ConnectionLost;
}

/** The error if a node still runs an rpc that the caller's configuration no longer declares for this client. */
function undeclared({ service, rpc }: CallRequest, { node }: InvalidArguments): RpcNotFound {
  return new RpcNotFound(
    `the caller's configuration declares no ${service}.${rpc} for this client, though this node still has it; ` +
      "declare it, or call the node by its address",
    { node },
  );
}

/** The pause before all providers are tried again; random, so that many callers do not return at once. */
function retryPauseMs(round: number, { retryPauseMs, retryPauseMsMax }: Limits): number {
  const longestMs = Math.min(retryPauseMs * 2 ** round, retryPauseMsMax);
  return longestMs * (0.5 + Math.random() / 2);
}

function hasTime({ deadlineMs }: CallDeadline, forMs: number): boolean {
  return performance.now() + forMs < deadlineMs;
}

/** The error if no provider took a call. */
export function conclusionOf(
  failures: readonly FarcallError[],
  nodes: readonly NodeAddress[],
): FarcallError {
  if (failures.length === 1) return failures[0]!;
  return failures.find((failure) => failure instanceof Overloaded) ??
    failures.find((failure) => failure instanceof Unavailable) ??
    new NodeUnreachable(`none of ${nodes.map(formatNode).join(", ")} can be reached`, {
      details: failures.map((failure) => failure.message),
    });
}
