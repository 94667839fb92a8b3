/**
 * The checked model of an init.yaml. A {@linkcode Configuration} needs no further checks: every name is legal and
 * known, every type expression canonical, every limit kept.
 */
import type {
  CallRate,
  GrantedCalls,
  ManifestExample,
  Selector,
  ServiceIsolation,
  ServiceLimits,
  ServicePermissions,
} from "../manifest/mod.ts";
import type { Over, PublicKey } from "../identity/mod.ts";

/** A position in the file. */
export interface SourcePosition {
  /** 1-based. */
  readonly line: number;
  /** 1-based, in characters (a tab is one, an emoji is one). */
  readonly column: number;
}

/** An init.yaml without mistakes. */
export interface Configuration {
  /** The file, as it was given. */
  readonly file: string;
  /** The absolute path of the file's folder; relative script paths start from here. */
  readonly folder: string;
  /** The NATS server of a fleet whose nodes come and go. */
  readonly nats?: FleetAddress;
  /** The nodes, by name, in the order of the file; at least one, unless `nats` is given. */
  readonly servers: ReadonlyMap<string, ServerEntry>;
  /** The named callers, by name, in the order of the file (the order decides between matches). */
  readonly clients: ReadonlyMap<string, ClientEntry>;
  /** The services, by name, in the order of the file. */
  readonly services: ReadonlyMap<string, ServiceEntry>;
}

/** A fleet at a NATS server. */
export interface FleetAddress {
  /** One or more URLs, separated by commas. */
  readonly url: string;
  readonly fleet: string;
  /** The path of a PEM file of certificates to trust besides the runtime's. */
  readonly ca?: string;
  /** The keys that nodes are pinned to, by their names. Default: none. */
  readonly keys?: Readonly<Record<string, PublicKey>>;
}

/** How a node is reached through a NATS server. */
export interface NatsAddress extends Omit<FleetAddress, "keys"> {
  /** The node's `--name`, which is the server's. */
  readonly node: string;
  /** The only key that the node may prove. Default: any. */
  readonly key?: PublicKey;
  /** The `HOST:PORT` at which it says that it also listens: worth a try, but may be another node's address here. */
  readonly announced?: readonly string[];
}

/** A node: `network.servers.NAME`. */
export interface ServerEntry {
  readonly name: string;
  /**
   * An IPv4 or IPv6 address in its canonical spelling without brackets, or a host name; empty if it is reached only
   * through NATS.
   */
  readonly ip: string;
  /** 1 to 65535; 0 if it is reached only through NATS. */
  readonly port: number;
  /** Its NATS route, for a server without an address or whose address does not answer. */
  readonly nats?: NatsAddress;
  /** How its callers verify it; left out, they call it without TLS. */
  readonly tls?: TlsSettings;
  /** The transport in place of TCP. */
  readonly over?: Over;
  readonly description?: string;
  /** The position of its name. */
  readonly position: SourcePosition;
}

/** Which certificates of a node to trust: `{}` for those of the runtime's authorities. */
export interface TlsSettings {
  /** The path of a PEM file of trusted certificates: the server's own, or authorities'. */
  readonly ca?: string;
  /** The name or IP address that the certificate must have. Default: the one that is connected to. */
  readonly serverName?: string;
  /**
   * The SHA-256 of the only trusted certificate, `sha256:` and 64 hex digits, as `farcall keygen --tls` prints it;
   * excludes the other fields.
   */
  readonly fingerprint?: string;
}

/** A named caller: `network.clients.NAME`. */
export interface ClientEntry {
  readonly name: string;
  /**
   * An IPv4 or IPv6 address in its canonical spelling without brackets, or a network such as `10.0.0.0/8`; `localhost`
   * is 127.0.0.1 and ::1. Left out, which requires a key, the client may call from any address.
   */
  readonly ip?: string;
  /** 1 to 65535; left out, the client may call from any port. */
  readonly port?: number;
  /** The key that it must prove; left out, its address is enough. */
  readonly key?: PublicKey;
  /** How often it may call each node; left out, without limit. */
  readonly rate?: CallRate;
  /** Whether it may read the logs of nodes; left out if not. */
  readonly allowLogs?: true;
  readonly description?: string;
  /** The position of its name. */
  readonly position: SourcePosition;
}

/** A named set of rpcs with its providers (nodes) and tenants (clients). */
export interface ServiceEntry {
  readonly name: string;
  readonly description?: string;
  /** Names of servers, each once; at least one, unless `selector` is given. */
  readonly providers: readonly string[];
  /** Chooses its providers among the present nodes of the fleet. */
  readonly selector?: Selector;
  /** Names of clients, each once; an empty list lets nobody call. */
  readonly tenants: readonly string[];
  /** By name, in the order of the file; at least one. */
  readonly rpcs: ReadonlyMap<string, RpcEntry>;
  /** Its settings in place of the defaults, including `instances`. */
  readonly limits?: ServiceLimits;
  /** The permissions that its scripts request. */
  readonly permissions?: ServicePermissions;
  /** What separates its calls from each other; left out, they share a process. */
  readonly isolation?: ServiceIsolation;
  /** The rpcs of other services that its scripts may call, in alphabetical order. */
  readonly calls?: readonly GrantedCalls[];
  /** The position of its name. */
  readonly position: SourcePosition;
}

/** A function in a service. */
export interface RpcEntry {
  readonly name: string;
  readonly description?: string;
  /** Its signatures, no two with the same `args`; at least one. */
  readonly overloads: readonly OverloadEntry[];
  /** Its position in the service. */
  readonly position: SourcePosition;
}

/** One signature of an rpc and the script behind it. */
export interface OverloadEntry {
  /** Canonical type expressions. */
  readonly args: readonly string[];
  /** The names of the arguments, one for each type. */
  readonly names?: readonly string[];
  /** Canonical type expressions; none means no value, one the value itself, several a tuple. */
  readonly returns: readonly string[];
  readonly description?: string;
  /** Whether running it twice does no harm, so that a call that may have run can be repeated. Default: false. */
  readonly isIdempotent?: boolean;
  /** Names of the tenants that may call it, each once, in alphabetical order; left out, all. */
  readonly allow?: readonly string[];
  /** Calls with expected outcomes, in the order of the file; each fits the types. */
  readonly examples?: readonly ManifestExample[];
  /** The absolute path of the script. */
  readonly source: string;
  /** The path of the script as the file has it, for messages. */
  readonly sourceAsWritten: string;
  /** The position of the overload. */
  readonly position: SourcePosition;
}
