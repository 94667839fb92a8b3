/**
 * The libraries of NATS, https://github.com/nats-io/nats.js, as far as they are used here, with types of our own. They
 * are loaded on use, and named where no tool sees them, as the YAML library is (config/yaml/_library.ts).
 */
import { messageOf, NodeUnreachable } from "../../errors/mod.ts";

const coreSpecifier = "npm:@nats-io/nats-core@3.4.0/internal";
const kvSpecifier = "npm:@nats-io/kv@3.4.0";

/** The client's core: one connection, and messages over it. @throws {NodeUnreachable} If it cannot be loaded. */
export async function coreLibrary(): Promise<CoreLibrary> {
  try {
    return membersOf<CoreLibrary>(await import(coreSpecifier));
  } catch (cause) {
    throw notLoaded(coreSpecifier, cause);
  }
}

/** Key-value buckets of JetStream. @throws {NodeUnreachable} If it cannot be loaded. */
export async function kvLibrary(): Promise<KvLibrary> {
  try {
    return membersOf<KvLibrary>(await import(kvSpecifier));
  } catch (cause) {
    throw notLoaded(kvSpecifier, cause);
  }
}

/** A bundle gives a module of CommonJS as the default alone. */
function membersOf<Library>(module: Library & { readonly default?: Library }): Library {
  return module.default ?? module;
}

/** NATS cannot be used as it is given, and will not be by waiting: it refuses this program, or cannot be loaded. */
export class NatsUnusable extends NodeUnreachable {}

function notLoaded(specifier: string, cause: unknown): NodeUnreachable {
  return new NatsUnusable(
    `the NATS library ${specifier} was not loaded; it comes from npm's registry, once: connect, or run farcall's ` +
      `executable (${messageOf(cause)})`,
    { node: "nats", cause },
  );
}

/** What has arrived on a subject. The data is valid as long as it is held. */
export interface NatsMessage {
  readonly subject: string;
  readonly reply?: string;
  readonly data: Uint8Array;
  /** Code 503: nobody subscribes to the subject that this answers. */
  readonly headers?: { readonly code: number };
}

export interface NatsSubscription {
  unsubscribe(): void;
}

/** A connection to a NATS server, which the library renews by itself. */
export interface NatsConnection {
  /** What the server has said of itself; undefined while the connection is renewed. */
  readonly info?: {
    readonly max_payload: number;
    readonly server_name: string;
    /** Whether it stores anything. */
    readonly jetstream?: boolean;
  };
  publish(
    subject: string,
    payload?: Uint8Array | string,
    options?: { readonly reply?: string },
  ): void;
  subscribe(
    subject: string,
    options: {
      readonly queue?: string;
      /** An error ends the subscription, e.g. where it is not permitted. */
      readonly callback: (error: Error | null, message: NatsMessage) => void;
    },
  ): NatsSubscription;
  /** @throws If nobody answers in time, or nobody subscribes to the subject. */
  request(
    subject: string,
    payload: Uint8Array | string,
    options: { readonly timeout: number },
  ): Promise<NatsMessage>;
  /** Resolves when the server has taken what was published and subscribed. */
  flush(): Promise<void>;
  getServer(): string;
  isClosed(): boolean;
  status(): AsyncIterable<{ readonly type: string; readonly error?: Error }>;
  close(): Promise<void>;
  closed(): Promise<void | Error>;
}

/** What the library connects to. */
export interface NatsServer {
  readonly hostname: string;
  readonly port: number;
  /** The name that was connected to first, for servers of its cluster that are known by address. */
  readonly tlsName: string;
}

/** A socket as the library wants it. */
export interface NatsSocket extends AsyncIterable<Uint8Array> {
  readonly isClosed: boolean;
  readonly lang: string;
  readonly version: string;
  readonly closeError?: Error;
  connect(server: NatsServer, options: NatsOptions): Promise<void>;
  isEncrypted(): boolean;
  send(bytes: Uint8Array): void;
  close(error?: Error): Promise<void>;
  disconnect(): void;
  closed(): Promise<void | Error>;
  discard(): void;
}

export interface NatsOptions {
  readonly servers: string[];
  readonly name: string;
  readonly timeout: number;
  readonly maxReconnectAttempts: number;
  readonly reconnectTimeWait: number;
  readonly pingInterval: number;
  readonly maxPingOut: number;
  readonly ignoreAuthErrorAbort: boolean;
  readonly authenticator?: unknown;
  readonly inboxPrefix?: string;
  /** Present where plain connections are refused. */
  readonly tls?: { readonly authorities: readonly string[] };
}

interface CoreLibrary {
  setTransportFactory(factory: {
    readonly defaultPort: number;
    readonly factory: () => NatsSocket;
  }): void;
  readonly NatsConnectionImpl: { connect(options: NatsOptions): Promise<NatsConnection> };
  credsAuthenticator(creds: Uint8Array): unknown;
  nkeyAuthenticator(seed: Uint8Array): unknown;
  usernamePasswordAuthenticator(user: string, password: string): unknown;
}

interface KvLibrary {
  readonly Kvm: new (connection: NatsConnection) => {
    create(bucket: string, options?: Readonly<Record<string, unknown>>): Promise<KvBucket>;
    open(bucket: string, options?: Readonly<Record<string, unknown>>): Promise<KvBucket>;
  };
}

/** A bucket of JetStream's key-value store. */
export interface KvBucket {
  /** @returns null where the key was never written, or all that is known of it is gone. */
  get(key: string): Promise<KvEntry | null>;
  /** @returns The entry's revision. */
  put(key: string, value: Uint8Array): Promise<number>;
  /** As `put`, where the key has no value. @throws If it has one. */
  create(key: string, value: Uint8Array): Promise<number>;
  /** As `put`, where the revision is still the last. @throws If it is not. */
  update(key: string, value: Uint8Array, revision: number): Promise<number>;
  delete(key: string): Promise<void>;
  /** Removes it with all that was known of it, if the revision is still the last. */
  purge(key: string, options?: { readonly previousSeq?: number }): Promise<void>;
  /** Forgets keys that were removed so long ago, in milliseconds. */
  purgeDeletes(olderMillis: number): Promise<unknown>;
  /** What is known of a key, the oldest first. */
  history(options: { readonly key: string }): Promise<AsyncIterable<KvEntry>>;
  keys(filter?: string | string[]): Promise<AsyncIterable<string>>;
}

export interface KvEntry {
  readonly key: string;
  readonly value: Uint8Array;
  readonly revision: number;
  readonly operation: "PUT" | "DEL" | "PURGE";
  /** When it was written, by the server's clock. */
  readonly created: Date;
}
