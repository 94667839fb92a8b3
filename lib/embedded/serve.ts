import type { ServeOptions } from "./options.ts";
import { isOnBehalfOf } from "../context/mod.ts";
import type { FarcallNode } from "../server/mod.ts";
import type { StartedNode } from "./_start.ts";

/**
 * Makes functions of this program callable, as a farcall node. Over TCP, needs only `--allow-net`.
 *
 * They run in this process without a sandbox: a function that never yields blocks the program, and one that exits ends
 * it. The node takes no deployments.
 *
 * @throws {TypeError} If a name, an address, a client or a tenant is invalid, two overloads take the same arguments, or
 *   a certificate is invalid.
 * @throws {RangeError} If a limit or a port is out of its bounds.
 * @throws {AddressInUse} If another program listens there.
 * @throws {AddressNotAvailable} If it cannot listen there for another reason.
 *
 * @example
 * ```ts
 * import { rpc, serve } from "../../mod.ts";
 *
 * await using node = await serve({
 *   port: 0,
 *   services: { math: { add: rpc(["int", "int"], ["int"], (a, b) => a + b) } },
 * });
 * console.log(`farcall call math.add 2 3 --server 127.0.0.1:${node.port}`);
 * ```
 */
export async function serve(options: ServeOptions): Promise<EmbeddedNode> {
  // Loaded lazily, because programs that only call do not need a node's modules.
  const { startNode } = await import("./_start.ts");
  return new EmbeddedNode(await startNode(options));
}

/** A node inside this program. Made by {@linkcode serve}; stop it, or hold it with `await using`. */
export class EmbeddedNode implements AsyncDisposable {
  /** `HOST:PORT`, as `connect` takes it, with `udp://` or `ip://` for these transports. */
  readonly address: string;
  readonly #node: FarcallNode;
  readonly #identity: object;
  readonly #finished = Promise.withResolvers<void>();

  /** Use {@linkcode serve}. */
  constructor({ node, identity, address }: StartedNode) {
    this.address = address;
    this.#node = node;
    this.#identity = identity;
  }

  /** The address it listens on. */
  get hostname(): string {
    return this.#node.host;
  }

  /** The port it listens on, also if the kernel chose it. */
  get port(): number {
    return this.#node.port;
  }

  /** Its name; empty if it has none. */
  get name(): string {
    return this.#node.name;
  }

  /** Resolves when it has stopped. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /**
   * Stops: accepts no more calls, lets calls in flight finish for up to 10 s, then ends every connection, which raises
   * the signals of the remaining calls. Idempotent.
   *
   * @throws {TypeError} Inside a call of this node, which would wait for itself; the node keeps running.
   */
  async stop(): Promise<void> {
    if (isOnBehalfOf(this.#identity)) {
      throw new TypeError(
        "node.stop() waits for the calls in flight, and this call is one of them; let it return " +
          "first, and stop the node from code that no call of it has started",
      );
    }
    await this.#node.stop();
    this.#finished.resolve();
  }

  /** As {@linkcode EmbeddedNode.stop}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
