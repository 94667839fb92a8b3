/** A connection to NATS, shared by everything that a program does there. */
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

/** Connection options. */
export interface NatsLinkOptions {
  /** `nats://HOST:PORT` or `tls://HOST:PORT`; several of a cluster, separated by commas. */
  readonly url: string;
  /** Certificates in PEM to trust besides the runtime's; plain connections are refused then. */
  readonly authorities?: readonly string[];
  /** The program's name in the server's lists. */
  readonly name?: string;
  /** Its credentials, see {@linkcode readNatsCredentials}. */
  readonly credentials?: string;
  /** The prefix of reply subjects. Default: `_INBOX`. */
  readonly inboxPrefix?: string;
  /** The time limit of the first attempt in milliseconds. Default: `limits.connectTimeoutMs`. */
  readonly timeoutMs?: number;
}

/** An error reported by the server; for a missing permission, with its subject. */
export type NatsError = Error & { readonly operation?: string; readonly subject?: string };

/** A connection that reconnects until it is closed. */
export class NatsLink {
  readonly url: string;
  /** The client. Messages published while disconnected are sent after reconnecting. */
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
   * @throws {NodeUnreachable} If it cannot connect; the message says why.
   * @throws {InvalidConfiguration} If the credentials have an unknown form.
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
        // The account may be admitted again later, so a node keeps trying.
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

  /** Whether it is currently connected, as far as known. */
  get isUp(): boolean {
    return this.#isUp && !this.connection.isClosed();
  }

  /** Calls back when the connection breaks or is closed. @returns Unsubscribes. */
  onBreak(callback: () => void): () => void {
    this.#onBreak.add(callback);
    return () => this.#onBreak.delete(callback);
  }

  /** Calls back after each reconnect. @returns Unsubscribes. */
  onRenewal(callback: () => void): () => void {
    this.#onRenewal.add(callback);
    return () => this.#onRenewal.delete(callback);
  }

  /** Calls back with the server's errors, such as a missing permission. @returns Unsubscribes. */
  onError(callback: (error: NatsError) => void): () => void {
    this.#onError.add(callback);
    return () => this.#onError.delete(callback);
  }

  /** Whether too much published data waits for the server to read it. */
  get isCongested(): boolean {
    return this.#socket.isCongested;
  }

  /** Resolves when that is over, or the connection breaks. */
  drained(): Promise<void> {
    return this.#socket.drained();
  }

  get #socket(): Socket {
    return (this.connection as unknown as { protocol: { transport: Socket } }).protocol.transport;
  }

  /**
   * Opens a bucket of JetStream's key-value store. @param options Creates the bucket if missing; without, it must
   * exist.
   */
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

  /** Closes it, once the server has read everything published. */
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
 * Reads a file of credentials: a .creds file of `nsc`, the seed of an NKey, or a line `USER:PASSWORD`.
 *
 * @throws {InvalidConfiguration} If it is unreadable.
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
