/** Requests other than calls on a framed connection: describe, explain, status, logs, and the steps of a deployment. */
import {
  DeployRejected,
  Overloaded,
  ServerDraining,
  toException,
  Unauthenticated,
} from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import { inSlices } from "../../timers/slices.ts";
import {
  decodeRequestSteps,
  encodeControlSteps,
  type Explanation,
  type NodeStatus,
  type Request,
  type Responses,
  type SentScript,
  type ServiceStatus,
  software,
} from "../../protocol/mod.ts";
import type { Slice } from "../../channel/mod.ts";
import type { NodeIdentity } from "../peer/identity.ts";
import {
  admit,
  type Caller,
  explainIdentities,
  isThisMachine,
  servicesFor,
} from "../calls/access.ts";
import type { NodeContext } from "../node_context.ts";
import { answerLogRequest } from "./_log_request.ts";
import { checkMayDeploy } from "../peer/deployers.ts";
import type { Deployer } from "../deployment/deployment_session.ts";
import type { LiveGeneration, LiveService } from "../calls/live_generation.ts";
import type { PeerTrust } from "../peer/peer_trust.ts";
import type { LocalTrust } from "../peer/local_deployers.ts";
import type { PeerBudget } from "../memory/peer_budget.ts";
import type { Hold } from "../memory/hold.ts";
import { startFailureOf } from "../metrics/health.ts";

/** The requesting peer. */
export interface Asker {
  readonly caller: Caller;
  readonly deployer: Deployer;
  /** Whether it has proved to be the node's own user on its machine. */
  readonly local: LocalTrust;
  /** The node, as the peer reaches it. */
  readonly here: NodeIdentity;
  /** Whether it has disconnected. */
  isGone(): boolean;
}

/** The open requests of one connection. */
export class OpenRequests {
  readonly #node: NodeContext;
  readonly #budget: PeerBudget;
  readonly #slice: Slice;
  #open = 0;

  /** The number of unanswered requests. */
  get count(): number {
    return this.#open;
  }

  constructor(node: NodeContext, { budget, slice }: Pick<PeerTrust, "budget" | "slice">) {
    this.#node = node;
    this.#budget = budget;
    this.#slice = slice;
  }

  /**
   * Answers a request.
   *
   * @param body The body of its frame; read before this returns its promise.
   * @throws {Overloaded} If too many are open, or there is no memory for it.
   * @throws As {@linkcode respond}.
   */
  async answer(asker: Asker, body: Uint8Array): Promise<Uint8Array> {
    if (this.#open >= this.#node.bounds.requestsPerConnectionMax) {
      throw new Overloaded("too many requests are open on this connection");
    }
    const memory = this.#budget.hold(limits.callCostBytes + body.length);
    this.#open += 1;
    try {
      const response = await respond(this.#node, { ...asker, memory }, body);
      return await inSlices(encodeControlSteps(response), (ms) => this.#slice.owe(ms));
    } finally {
      this.#open -= 1;
      memory.release();
    }
  }
}

/**
 * Answers a request.
 *
 * @param body The body of its frame; read before this returns its promise.
 * @throws {MalformedMessage} If this version does not know the request.
 * @throws {Unauthenticated} If it is a step of a deployment and the peer has no deploy rights, or its signature is
 *   missing.
 * @throws {ServerDraining} If it is a step of a deployment and the node is stopping.
 * @throws {DeployRejected} If the deployment's step fails.
 */
async function respond(
  node: NodeContext,
  asker: Asker & { readonly memory: Hold },
  body: Uint8Array,
): Promise<Responses[Request["op"]]> {
  // Requests that need no deploy rights are short.
  const shortBytes = Math.max(node.bounds.helperBytesMin, limits.helloBytesMax);
  if (body.length > shortBytes) checkMayDeploy(node, asker, "deploy");
  const { request, attachment } = await inSlices(decodeRequestSteps(body));
  const { services, deployment } = node;
  if (request.op === "describe") return describe(services.live, asker.caller, request.service);
  if (request.op === "explain") return explain(node, asker.caller, request);
  if (request.op === "prove") {
    throw new Unauthenticated("this connection's hello names no key, or has proved it already");
  }
  if (request.op === "local") {
    const { localSecret: secret } = node;
    // Only this machine's user can prove that.
    if (secret === undefined || !isThisMachine(asker.caller)) return {};
    await deployment?.keepSecret(secret);
    return await asker.local.take(request, { secret, here: asker.here });
  }
  if (request.op === "logs") return await answerLogRequest(node, asker, request);
  checkMayDeploy(node, asker, request.op);
  if (request.op === "status") return statusOf(node);
  if (request.op === "failure") {
    const stack = node.dispatcher.failures.find(request.script, request.message);
    return stack === undefined ? {} : { stack };
  }
  if (deployment === undefined) {
    throw new DeployRejected(
      "this node's services are part of a program and change only with it; take it out of " +
        "init.yaml, or correct its address there",
    );
  }
  if (node.isDraining) throw new ServerDraining("the node is shutting down");
  switch (request.op) {
    case "observe":
      return await deployment.observe(request.scripts);
    case "put":
      asker.memory.grow(Math.min(sizeOf(request.scripts), limits.putBytesMax));
      return await deployment.put(asker.deployer, request.scripts, attachment);
    case "begin":
    case "stage": {
      const response = request.op === "begin"
        ? await deployment.begin(asker.deployer, request.deployment, {
          generation: request.generation,
          takesOver: request.takesOver ?? false,
        })
        : await deployment.stage(asker.deployer, request);
      // The connection may have ended meanwhile.
      if (asker.isGone()) await deployment.abort(asker.deployer);
      return response;
    }
    case "commit":
      return await deployment.commit(asker.deployer);
    case "abort":
      return await deployment.abort(asker.deployer);
    case "check":
      return await deployment.check();
    case "history":
      return deployment.history();
    case "generation":
      return await deployment.generation(request.number);
  }
}

function sizeOf(scripts: readonly SentScript[]): number {
  return scripts.reduce((sum, { bytes, placesBytes = 0 }) => sum + bytes + placesBytes, 0);
}

/** Explains a call; peers without access learn no more than from a call. */
function explain(
  { services: { live, nodeName }, isDraining }: NodeContext,
  caller: Caller,
  wanted: { readonly service: string; readonly rpc: string },
): Explanation {
  const about = {
    node: nodeName,
    generation: live.number,
    isEmbedded: live.isEmbedded || undefined,
    from: caller.host,
  };
  try {
    const { client, overloads } = admit(live, caller, wanted);
    const { service } = overloads[0]!;
    return {
      ...about,
      client: client.name,
      identities: explainIdentities(live, caller, {
        service,
        rpc: wanted.rpc,
        client: client.name,
      }),
      exception: isDraining
        ? { type: "Server Draining", message: "the node is shutting down" }
        : failureOf(service),
      overloads: overloads.map(({ signature, script }) => ({
        args: signature.args,
        returns: signature.returns,
        script,
      })),
      timeoutMs: service.executor.limits.timeoutMs,
    };
  } catch (error) {
    const { code: type, message } = toException(error);
    return { ...about, identities: [], exception: { type, message }, overloads: [] };
  }
}

/** The exception of calls if a service's executor cannot start; undefined otherwise. */
function failureOf({ executor }: LiveService): Explanation["exception"] {
  const failure = startFailureOf(executor.status);
  if (failure === undefined) return undefined;
  return { type: "Unavailable", message: `its executor did not start: ${failure}` };
}

function budgetOf({ room, descriptors }: NodeContext): Partial<NodeStatus> {
  const isBounded = Number.isFinite(descriptors.max);
  return {
    executors: room?.taken,
    executorsMax: room !== undefined && Number.isFinite(room.max) ? room.max : undefined,
    descriptors: isBounded ? descriptors.used : undefined,
    descriptorsMax: isBounded ? descriptors.max : undefined,
  };
}

/** The node's status. */
function statusOf(node: NodeContext): NodeStatus {
  const { dispatcher } = node;
  const { live, nodeName } = node.services;
  return {
    node: nodeName,
    software,
    runtime: `deno ${Deno.version.deno}, ${Deno.build.os} ${Deno.build.arch}`,
    pid: Deno.pid,
    uptimeMs: Math.round(performance.now() - node.startedMs),
    generation: live.number,
    isEmbedded: live.isEmbedded || undefined,
    deployKeys: node.deployKeys.size === 0 ? undefined : [...node.deployKeys],
    connections: node.connectionCount,
    callsInFlight: dispatcher.callsInFlight,
    memoryBytes: Deno.memoryUsage().rss,
    heldBytes: node.memory.bytes,
    heldBytesMax: node.memory.bytesMax,
    ...budgetOf(node),
    spans: node.tracer?.exporter.counts,
    isDraining: node.isDraining,
    services: [...live.services.values()].map((service) => {
      const { name, rpcs, executor, isolation, refusal, stats } = service;
      const [p50Ms, p99Ms] = stats.percentiles([0.5, 0.99]);
      return {
        name,
        overloads: [...rpcs.values()].reduce((sum, overloads) => sum + overloads.length, 0),
        isolation,
        executors: executor.status,
        waiting: executor.callsWaiting,
        calls: stats.calls,
        failures: stats.failures,
        p50Ms,
        p99Ms,
        refusal,
        scriptCalls: scriptCallsOf(live, name),
      };
    }),
  };
}

/** The rpcs that a service's scripts may call, if any. */
function scriptCallsOf(live: LiveGeneration, service: string): ServiceStatus["scriptCalls"] {
  const { calls } = live.manifest.services.find(({ name }) => name === service)!;
  return calls?.map(({ service, rpcs, nodes = [] }) => ({
    service,
    rpcs,
    isHere: live.services.has(service),
    nodes: nodes.map(({ name }) => name),
  }));
}

function describe(
  live: LiveGeneration,
  caller: Caller,
  only: string | undefined,
): Responses["describe"] {
  const services = servicesFor(live, caller)
    .filter((service) => only === undefined || service.name === only)
    .map((service) => ({
      name: service.name,
      description: service.description,
      overloads: [...service.rpcs.values()].flat().map((overload) => ({
        rpc: overload.rpc,
        description: overload.description,
        args: overload.signature.args,
        names: overload.names,
        returns: overload.signature.returns,
        isIdempotent: overload.isIdempotent,
      })),
    }));
  return { generation: live.number, services };
}
