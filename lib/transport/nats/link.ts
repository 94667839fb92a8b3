/** A connection to NATS, as all that a program does there shares it. */
import {
  InvalidConfiguration,
  messageOf,
  NodeUnreachable,
  whyUnreadable,
} from "../../errors/mod.ts";
import { natsUrlForm, parseNatsUrl } from "../../identity/nats_address.ts";
import { limits } from "../../limits/mod.ts";
import {
  coreLibrary,
  type KvBucket,
  kvLibrary,
  type NatsConnection,
  NatsUnusable,
} from "./_library.ts";
import { Socket } from "./_socket.ts";
import { isDoneWithin } from "../../timers/done_within.ts";

/** How to connect. */
export interface NatsLinkOptions {
  /** `nats://HOST:PORT` or `tls://HOST:PORT`; several of a cluster, separated by commas. */
  readonly url: string;
  /** Certificates in PEM that are trusted besides the runtime's; plain connections are refused with them. */
  readonly authorities?: readonly string[];
  /** What the server knows the program by, in what it lists. */
  readonly name?: string;
  /** What proves who it is: see {@linkcode readNatsCredentials}. */
  readonly credentials?: string;
  /** The first token of subjects on which answers come. Default: `_INBOX`. */
  readonly inboxPrefix?: string;
  /** Gives up the first attempt after this many milliseconds. Default: `limits.connectTimeoutMs`. */
  readonly timeoutMs?: number;
}

/** What a server complains of; where that is a missing permission, for what. */
export type NatsError = Error & { readonly operation?: string; readonly subject?: string };

/** A connection that is renewed whenever it breaks, until it is closed. */
export class NatsLink {
  readonly url: string;
  /** Publish, subscribe and request with it. What is published while it is broken goes out when it is renewed. */
  readonly connection: NatsConnection;
  readonly #onBreak = new Set<() => void>();
  readonly #onRenewal = new Set<() => void>();
  readonly #onError = new Set<(error: NatsError) => void>();
  #isUp = true;

  private constructor(connection: NatsConnection, url: string) {
    this.connection = connection;
    this.url = url;
    this.#watch();
  }

  /**
   * Connects.
   *
   * @throws {NodeUnreachable} If it cannot; the message says why.
   * @throws {InvalidConfiguration} If the credentials are of no known form.
   */
  static async open(options: NatsLinkOptions): Promise<NatsLink> {
    const { url, timeoutMs = limits.connectTimeoutMs, authorities } = options;
    const servers = parseNatsUrl(url);
    if (servers === undefined) throw new TypeError(`"${url}" is not ${natsUrlForm}`);
    const core = await coreLibrary();
    core.setTransportFactory({ defaultPort: 4222, factory: () => new Socket() });
    const isSecure = authorities !== undefined || /^tls:/i.test(url);
    try {
      const connection = await core.NatsConnectionImpl.connect({
        servers: [...servers],
        name: options.name ?? "farcall",
        timeout: Math.ceil(timeoutMs),
        maxReconnectAttempts: -1,
        reconnectTimeWait: limits.nats.reconnectMs,
        pingInterval: limits.nats.pingMs,
        maxPingOut: 2,
        // An account may be let in again: a node is to be there then.
        ignoreAuthErrorAbort: true,
        ...(isSecure && { tls: { authorities: authorities ?? [] } }),
        ...(options.inboxPrefix !== undefined && { inboxPrefix: options.inboxPrefix }),
        ...(options.credentials !== undefined && {
          authenticator: authenticatorOf(options.credentials, core),
        }),
      });
      return new NatsLink(connection, url);
    } catch (error) {
      if (error instanceof InvalidConfiguration || error instanceof TypeError) throw error;
      throw cannotConnect(url, error);
    }
  }

  /** Whether it is connected at this moment, as far as is known. */
  get isUp(): boolean {
    return this.#isUp && !this.connection.isClosed();
  }

  /** Calls back whenever the connection breaks, or is closed. @returns What ends that. */
  onBreak(callback: () => void): () => void {
    this.#onBreak.add(callback);
    return () => this.#onBreak.delete(callback);
  }

  /** Calls back whenever the connection is renewed. @returns What ends that. */
  onRenewal(callback: () => void): () => void {
    this.#onRenewal.add(callback);
    return () => this.#onRenewal.delete(callback);
  }

  /** Calls back with what the server complains of, such as a missing permission. @returns What ends that. */
  onError(callback: (error: NatsError) => void): () => void {
    this.#onError.add(callback);
    return () => this.#onError.delete(callback);
  }

  /** Whether much of what was published waits for the server to read it. */
  get isCongested(): boolean {
    return this.#socket.isCongested;
  }

  /** Resolves when that is over, or the connection is broken. */
  drained(): Promise<void> {
    return this.#socket.drained();
  }

  get #socket(): Socket {
    return (this.connection as unknown as { protocol: { transport: Socket } }).protocol.transport;
  }

  /** A bucket of JetStream's key-value store. @param options Makes it where it is missing; else it has to be there. */
  async openBucket(
    name: string,
    options?: Readonly<Record<string, unknown>>,
  ): Promise<KvBucket> {
    const { Kvm } = await kvLibrary();
    const manager = new Kvm(this.connection);
    return options === undefined
      ? await manager.open(name, { allow_direct: true })
      : await manager.create(name, { allow_direct: true, ...options });
  }

  /** Closes it, once the server has taken what was published. */
  async close(): Promise<void> {
    if (this.isUp) await isDoneWithin(limits.nats.flushMs, this.connection.flush().catch(() => {}));
    await this.connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #watch(): Promise<void> {
    for await (const { type, error } of this.connection.status()) {
      if (type === "disconnect") this.#breaks();
      else if (error !== undefined) { for (const callback of [...this.#onError]) callback(error); }
      else if (type === "reconnect") {
        this.#isUp = true;
        for (const callback of [...this.#onRenewal]) callback();
      }
    }
    this.#breaks();
  }

  #breaks(): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    for (const callback of [...this.#onBreak]) callback();
  }
}

/**
 * Reads a file of credentials: what `nsc` writes (.creds), the seed of an NKey, or a line `USER:PASSWORD`.
 *
 * @throws {InvalidConfiguration} If it cannot be read.
 */
export async function readNatsCredentials(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (cause) {
    const why = whyUnreadable(cause);
    throw new InvalidConfiguration(
      `cannot read "${file}", which FARCALL_NATS_CREDS names: ${why}`,
      [],
      { cause },
    );
  }
}

function authenticatorOf(
  credentials: string,
  core: Awaited<ReturnType<typeof coreLibrary>>,
): unknown {
  const text = credentials.trim();
  const bytes = new TextEncoder().encode(text);
  if (text.includes("-----BEGIN NATS USER JWT-----")) return core.credsAuthenticator(bytes);
  if (/^SU[A-Z2-7]{56}$/.test(text)) return core.nkeyAuthenticator(bytes);
  const [user = "", ...password] = text.split(":");
  if (user !== "" && password.length > 0 && !text.includes("\n")) {
    return core.usernamePasswordAuthenticator(user, password.join(":"));
  }
  throw new InvalidConfiguration(
    'the credentials of NATS are neither what "nsc" writes (.creds), nor the seed of an NKey (SU…), nor USER:PASSWORD',
    [],
  );
}

function cannotConnect(url: string, cause: unknown): NodeUnreachable {
  const said = messageOf(cause);
  const name = cause instanceof Error ? cause.name : "";
  const about = `cannot connect to NATS at ${url}`;
  const refusal = name === "AuthorizationError"
    ? `it does not let this program in (${said}); FARCALL_NATS_CREDS names the file of what proves who it is`
    : /certificate/i.test(said)
    ? `its certificate is not trusted; name its authority's certificate as "ca" (${said})`
    : undefined;
  if (cause instanceof NatsUnusable) return cause;
  if (refusal !== undefined) return new NatsUnusable(`${about}: ${refusal}`, { node: url, cause });
  const why = cause instanceof NodeUnreachable || /refused/i.test(said)
    ? 'nothing answers there; start it with "nats-server", and see docs/fleet.md'
    : name === "TimeoutError"
    ? "it did not answer in time"
    : said;
  return new NodeUnreachable(`${about}: ${why}`, { node: url, cause });
}

/** Whether a connection that failed may succeed later with what it was given. */
export function isWorthWaiting(error: unknown): boolean {
  return error instanceof NodeUnreachable && !(error instanceof NatsUnusable);
}
