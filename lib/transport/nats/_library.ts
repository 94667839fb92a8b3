/**
 * The NATS libraries, https://github.com/nats-io/nats.js, with our own types for the parts used here. Loaded on use,
 * and imported by names that tools cannot see, like the YAML library (config/yaml/_library.ts).
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

/** A bundle exposes a CommonJS module only as its default export. */
function membersOf<Library>(module: Library & { readonly default?: Library }): Library {
  return module.default ?? module;
}

/** A permanent failure of NATS: it refuses this program, or cannot be loaded. */
export class NatsUnusable extends NodeUnreachable {}

function notLoaded(specifier: string, cause: unknown): NodeUnreachable {
  return new NatsUnusable(
    `the NATS library ${specifier} was not loaded; it comes from npm's registry, once: connect, or run farcall's ` +
      `executable (${messageOf(cause)})`,
    { node: "nats", cause },
  );
}

/** A received message. The data stays valid as long as it is referenced. */
export interface NatsMessage {
  readonly subject: string;
  readonly reply?: string;
  readonly data: Uint8Array;
  /** Code 503: the request's subject has no subscribers. */
  readonly headers?: { readonly code: number };
}

export interface NatsSubscription {
  unsubscribe(): void;
}

/** A connection to a NATS server, which the library re-establishes by itself. */
export interface NatsConnection {
  /** The server's information; undefined while reconnecting. */
  readonly info?: {
    readonly max_payload: number;
    readonly server_name: string;
    /** Whether it has JetStream. */
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
      /** Ends with an error if e.g. the subscription is not permitted. */
      readonly callback: (error: Error | null, message: NatsMessage) => void;
    },
  ): NatsSubscription;
  /** @throws If no reply arrives in time, or the subject has no subscribers. */
  request(
    subject: string,
    payload: Uint8Array | string,
    options: { readonly timeout: number },
  ): Promise<NatsMessage>;
  /** Resolves when the server has processed everything published and subscribed. */
  flush(): Promise<void>;
  getServer(): string;
  isClosed(): boolean;
  status(): AsyncIterable<{ readonly type: string; readonly error?: Error }>;
  close(): Promise<void>;
  closed(): Promise<void | Error>;
}

/** The library's connection parameters. */
export interface NatsServer {
  readonly hostname: string;
  readonly port: number;
  /** The originally connected name, for servers of its cluster that are known by address. */
  readonly tlsName: string;
}

/** A socket with the library's interface. */
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
  /** Present if plain connections are refused. */
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

/** A JetStream key-value bucket. */
export interface KvBucket {
  /** @returns null if the key was never written, or its history is gone. */
  get(key: string): Promise<KvEntry | null>;
  /** @returns The entry's revision. */
  put(key: string, value: Uint8Array): Promise<number>;
  /** As `put`, if the key has no value. @throws If it has one. */
  create(key: string, value: Uint8Array): Promise<number>;
  /** As `put`, if the revision is still the last. @throws If it is not. */
  update(key: string, value: Uint8Array, revision: number): Promise<number>;
  delete(key: string): Promise<void>;
  /** Removes the key with its history, if the revision is still the last. */
  purge(key: string, options?: { readonly previousSeq?: number }): Promise<void>;
  /** Forgets keys that were removed more than this many milliseconds ago. */
  purgeDeletes(olderMillis: number): Promise<unknown>;
  /** The history of a key, oldest first. */
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
