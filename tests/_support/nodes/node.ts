/**
 * A real node for tests: its own root, a port chosen by the kernel (or a listener in memory, which lets callers appear
 * to come from any address), scripts deployed as `farcall init` would, and a recording log. `await using` ends
 * everything.
 */
import assert from "node:assert/strict";
import { connect, type Farcall, NodeConnection, proveLocal } from "../../../lib/client/mod.ts";
import type { CallerOptions } from "../../../lib/client/options.ts";
import { type LimitChanges, limitsWith } from "../../../lib/limits/mod.ts";
import type { LogHistory } from "../../../lib/log/mod.ts";
import { FarcallNode } from "../../../lib/server/mod.ts";
import {
  parseGrantRule,
  parseLimitRule,
  parseMetricsReader,
} from "../../../lib/server/operator.ts";
import { FileStore } from "../../../lib/store/mod.ts";
import {
  connectTcp,
  listenTcp,
  MemoryListener,
  type Transport,
} from "../../../lib/transport/mod.ts";
import { compileSignature } from "../../../lib/types/mod.ts";
import {
  type DeploymentSignature,
  type Manifest,
  signDeployment,
} from "../../../lib/manifest/mod.ts";
import {
  generatePem,
  type PublicKey,
  type ScriptId,
  scriptIdOf,
  SigningKey,
} from "../../../lib/identity/mod.ts";
import type { Request, Route } from "../../../lib/protocol/mod.ts";
import { executorsAmong, ownChildren } from "./processes.ts";
import { RecordingLog } from "../recording_log.ts";

/** One overload: `args -> returns` and the JavaScript of its bundle. */
export interface TestOverload {
  readonly args?: readonly string[];
  readonly names?: readonly string[];
  readonly returns?: readonly string[];
  readonly isIdempotent?: true;
  /** The tenants that may call it. Default: all. */
  readonly allow?: readonly string[];
  readonly source: string;
}

/** A service; an rpc with one overload may be given as that overload. */
export interface TestService {
  /** Default: `c1`. */
  readonly tenants?: readonly string[];
  readonly rpcs: Readonly<Record<string, TestOverload | readonly TestOverload[]>>;
}

/** A deployment for a node. */
export interface TestDeployment {
  /** Default: `s1`. */
  readonly node?: string;
  /** Default: `c1` from 127.0.0.1. */
  readonly clients?: Manifest["clients"];
  readonly services: Readonly<Record<string, TestService>>;
}

/** The manifest of a deployment, and its scripts. */
export async function manifestOf(
  deployment: TestDeployment,
): Promise<{ manifest: Manifest; scripts: Map<ScriptId, Uint8Array<ArrayBuffer>> }> {
  const scripts = new Map<ScriptId, Uint8Array<ArrayBuffer>>();
  const services = [];
  for (const [name, { tenants = ["c1"], rpcs }] of Object.entries(deployment.services)) {
    const overloads = [];
    for (const [rpc, given] of Object.entries(rpcs)) {
      for (const overload of Array.isArray(given) ? given : [given]) {
        const { args = [], names, returns = [], source }: TestOverload = overload;
        const { isIdempotent, allow }: TestOverload = overload;
        const bytes = bytesOf(source);
        const script = await scriptIdOf(bytes);
        scripts.set(script, bytes);
        overloads.push({
          rpc,
          args,
          names,
          returns,
          script,
          ...(isIdempotent && { isIdempotent }),
          ...(allow && { allow }),
        });
      }
    }
    services.push({ name, tenants, overloads });
  }
  const { node = "s1", clients = [{ name: "c1", ip: "127.0.0.1" }] } = deployment;
  return { manifest: { format: 1, node, clients, services }, scripts };
}

/** UTF-8. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
}

/** Packs scripts as a deployment sends them. */
export async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** A fresh key. */
export async function newKey(): Promise<SigningKey> {
  return await SigningKey.fromPem(await generatePem());
}

/** Waits for a condition that no event announces. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 120_000;
  while (!(await isSo())) {
    assert.ok(performance.now() < deadlineMs, `it never came to this: ${what}`);
    // Often: some states in this process last only a few turns of the loop.
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A temporary folder that is removed with the block. */
export async function temporaryFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await Deno.realPath(await Deno.makeTempDir({ prefix: "farcall-test-" }));
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Fills a store as a deployment would. */
export async function putInto(store: FileStore, deployment: TestDeployment): Promise<void> {
  const { manifest, scripts } = await manifestOf(deployment);
  for (const bytes of scripts.values()) await store.putScript(bytes);
  await (await store.prepare(manifest)).commit();
}

/** Options of a {@linkcode TestNode}. */
export interface TestNodeOptions {
  /** Its initial deployment, as if from before its last start; undefined for none. */
  readonly deployment?: TestDeployment;
  /** Deploys it as `init` would, which leaves its executors running; otherwise each starts with its first call. */
  readonly isWarm?: true;
  /** A root that outlives the node. Default: its own. */
  readonly root?: string;
  /** As `serve --name`. */
  readonly name?: string;
  /** As `serve --advertise`. */
  readonly advertised?: readonly string[];
  /** As `serve --limit`. */
  readonly limits?: readonly string[];
  /** Other bounds: `{ drainTimeoutMs: 300, serviceDefaults: { queueMax: 2 } }`. */
  readonly bounds?: LimitChanges;
  /** As `serve --grant`. */
  readonly grants?: readonly string[];
  /** As `serve --allow-origin`. */
  readonly allowedOrigins?: readonly string[];
  /** Further names for the node over HTTP, besides its address and name. */
  readonly hostNames?: readonly string[];
  /** Its log's history, for log requests. */
  readonly logHistory?: LogHistory;
  /** As `serve --metrics-allow`. */
  readonly metricsAllow?: readonly string[];
  /** As `serve --deploy-key`. */
  readonly deployKeys?: readonly PublicKey[];
  /** Listens in memory instead of on a port, which enables {@linkcode TestNode.connectionFrom}. */
  readonly inMemory?: true;
}

/** A node, with helpers for tests. */
export class TestNode implements AsyncDisposable {
  readonly node: FarcallNode;
  readonly log: RecordingLog;
  readonly root: string;
  readonly #store: FileStore;
  readonly #listener: MemoryListener | undefined;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    { node, store, log, listener }: {
      readonly node: FarcallNode;
      readonly store: FileStore;
      readonly log: RecordingLog;
      readonly listener: MemoryListener | undefined;
    },
    stack: AsyncDisposableStack,
  ) {
    this.node = node;
    this.log = log;
    this.root = node.root;
    this.#store = store;
    this.#listener = listener;
    this.#stack = stack;
  }

  static async start(options: TestNodeOptions = {}): Promise<TestNode> {
    await using stack = new AsyncDisposableStack();
    const root = options.root ?? stack.use(await temporaryFolder()).path;
    const log = new RecordingLog();
    const memory = options.inMemory ? new MemoryListener() : undefined;
    const listener = memory ?? listenTcp("127.0.0.1", 0);
    stack.defer(() => listener.close());
    const store = stack.use(await FileStore.open(root, { bounds: limitsWith(options.bounds) }));
    const { deployment, deployKeys: keys, isWarm } = options;
    const isDeployed = isWarm || options.root !== undefined || keys !== undefined;
    if (!isDeployed && deployment !== undefined) await putInto(store, deployment);
    const { name, advertised, allowedOrigins, hostNames } = options;
    const rules = {
      limits: (options.limits ?? []).map(parseLimitRule),
      grants: (options.grants ?? []).map(parseGrantRule),
    };
    const deployKeys = new Set(keys);
    const metricsAllow = (options.metricsAllow ?? []).map(parseMetricsReader);
    const named = { name, advertised, allowedOrigins, hostNames };
    const given = { ...named, bounds: options.bounds, metricsAllow, rules, deployKeys };
    const parts = { listener, store, ...given, log, logHistory: options.logHistory };
    const node = stack.use(await FarcallNode.start(parts));
    const started = new TestNode({ node, store, log, listener: memory }, stack.move());
    try {
      if (isDeployed && deployment !== undefined) await started.deploy(deployment);
    } catch (error) {
      await started[Symbol.asyncDispose]();
      throw error;
    }
    return started;
  }

  /** `HOST:PORT`. */
  get address(): string {
    return `${this.node.host}:${this.node.port}`;
  }

  /** A caller through the library, closed with the node at the latest. */
  async connect(options: CallerOptions = {}): Promise<Farcall> {
    return this.#stack.use(await connect(this.address, options));
  }

  /** Bytes to and from the node. */
  async transport(host?: string, port?: number): Promise<Transport> {
    if (this.#listener !== undefined) return this.#listener.connect(host, port);
    return await connectTcp(this.node.host, this.node.port, { timeoutMs: 60_000 });
  }

  /** A connection from the node's own machine. @param key Is proved, and signs deployments. */
  async connection(client?: string, key?: SigningKey): Promise<TestConnection> {
    const { host, port } = this.node;
    const over = new NodeConnection({ host, port }, await this.transport(), { client, key });
    if (key !== undefined) await over.greeted;
    await proveLocal(over);
    return new TestConnection(over, key);
  }

  /** A connection that appears to come from another address. */
  async connectionFrom(
    host: string,
    port = 1,
    client?: string,
    key?: SigningKey,
  ): Promise<TestConnection> {
    assert.ok(this.#listener !== undefined, "only a node in memory can be called from anywhere");
    const transport = await this.transport(host, port);
    const over = new NodeConnection({ host: "node", port: 1 }, transport, { client, key });
    if (key !== undefined) await over.greeted;
    return new TestConnection(over, key);
  }

  /**
   * Stages and commits. The scripts are already in the store, as if an earlier deployment had sent them, so no helper
   * process starts to check them.
   *
   * @returns The new generation's number.
   */
  async deploy(deployment: TestDeployment): Promise<number> {
    const { manifest, scripts } = await manifestOf(deployment);
    for (const bytes of scripts.values()) await this.#store.putScript(bytes);
    await using connection = await this.connection();
    await connection.stage(manifest);
    return await connection.commit();
  }

  /** The process ids of this test module's executors, of all its nodes. */
  static async executorPids(): Promise<number[]> {
    return await executorsAmong(await ownChildren());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

const patience = { timeoutMs: 60_000 };

/** A framed connection, with the steps of a deployment and of a call. */
export class TestConnection implements AsyncDisposable {
  constructor(readonly raw: NodeConnection, readonly key?: SigningKey) {}

  /** Sends a deployment's missing scripts. */
  async send(deployment: TestDeployment): Promise<Manifest> {
    const { manifest, scripts } = await manifestOf(deployment);
    const { missing } = await this.raw.request(
      { op: "observe", scripts: [...scripts.keys()] },
      patience,
    );
    if (missing.length > 0) await this.put(missing.map((id) => scripts.get(id)!));
    return manifest;
  }

  async put(scripts: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
    const announced = [];
    for (const bytes of scripts) {
      announced.push({ id: await scriptIdOf(bytes), bytes: bytes.length });
    }
    const whole = new Uint8Array(await new Blob([...scripts]).arrayBuffer());
    await this.raw.request({ op: "put", scripts: announced }, patience, await gzip(whole));
  }

  async stage(manifest: unknown, deployer = "tester"): Promise<number> {
    const request = {
      op: "stage",
      manifest: manifest as Manifest,
      deployment: { id: crypto.randomUUID(), deployer },
    } as const;
    const signed = this.key && await this.sign(request);
    return (await this.raw.request({ ...request, signed }, patience)).generation;
  }

  /** Signs a deployment that replaces the node's current generation with this connection's key. */
  async sign(
    { manifest, deployment }: Pick<Request & { op: "stage" }, "manifest" | "deployment">,
  ): Promise<DeploymentSignature> {
    const { generation: number, hash } = await this.raw.request(
      { op: "observe", scripts: [] },
      patience,
    );
    const previous = hash === undefined ? undefined : { number, fileHash: hash };
    return await signDeployment(this.key!, { manifest, deployment, previous });
  }

  async commit(): Promise<number> {
    return (await this.raw.request({ op: "commit" }, patience)).generation;
  }

  async abort(): Promise<void> {
    await this.raw.request({ op: "abort" }, patience);
  }

  async deploy(deployment: TestDeployment): Promise<number> {
    await this.stage(await this.send(deployment));
    return await this.commit();
  }

  /** Calls an overload by its types, without asking the node for its signatures. */
  async call(
    target: string,
    values: readonly unknown[] = [],
    options: {
      args?: readonly string[];
      returns?: readonly string[];
      timeoutMs?: number;
      signal?: AbortSignal;
      traceparent?: string;
    } = {},
  ): Promise<unknown> {
    const [service, rpc] = target.split(".");
    const signature = compileSignature({
      args: options.args ?? [],
      returns: options.returns ?? [],
    });
    const route: Route = {
      service,
      rpc,
      argumentTypes: signature.args,
      returnTypes: signature.returns,
      traceparent: options.traceparent,
    };
    const { payload } = await this.raw.call(route, signature.encodeArguments(values), {
      timeoutMs: options.timeoutMs ?? patience.timeoutMs,
      signal: options.signal,
    });
    return signature.decodeResult(payload);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.raw.close();
  }
}

/** A connection authenticated as the node's own user, on 127.0.0.1. */
export async function connectionTo(port: number): Promise<TestConnection> {
  const connection = await NodeConnection.open({ host: "127.0.0.1", port });
  await proveLocal(connection);
  return new TestConnection(connection);
}
