/**
 * The checked model of an init.yaml. A {@linkcode Configuration} need not be checked again:
 * every name is legal and known, every type expression canonical, every limit kept.
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

/** Where something stands in its file. */
export interface SourcePlace {
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
  /** The NATS server where a fleet meets whose nodes come and go. */
  readonly nats?: FleetAddress;
  /** The nodes, by name, in the order of the file; at least one, unless there is such a fleet. */
  readonly servers: ReadonlyMap<string, ServerEntry>;
  /** The named callers, by name, in the order of the file (the order decides between matches). */
  readonly clients: ReadonlyMap<string, ClientEntry>;
  /** The services, by name, in the order of the file. */
  readonly services: ReadonlyMap<string, ServiceEntry>;
}

/** A fleet at a NATS server. */
export interface FleetAddress {
  /** One or more URLs, with commas between. */
  readonly url: string;
  readonly fleet: string;
  /** The path of a file with certificates in PEM that are good besides those of the runtime. */
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
  /** `HOST:PORT` where it says that it also listens: worth a try, and another node may have that address here. */
  readonly announced?: readonly string[];
}

/** A node: `network.servers.NAME`. */
export interface ServerEntry {
  readonly name: string;
  /**
   * An IPv4 or IPv6 address in its canonical spelling without brackets, or a host name; empty where it is reached through
   * NATS alone.
   */
  readonly ip: string;
  /** 1 to 65535; 0 where it is reached through NATS alone. */
  readonly port: number;
  /** How it is reached where it has no address, or that does not answer. */
  readonly nats?: NatsAddress;
  /** How its callers know it; left out, they call it without TLS. */
  readonly tls?: TlsSettings;
  /** What carries connections to it in place of TCP. */
  readonly over?: Over;
  readonly description?: string;
  /** Where its name stands. */
  readonly place: SourcePlace;
}

/** Which certificates of a node are good: `{}` for those of the authorities that the runtime knows. */
export interface TlsSettings {
  /** The path of a PEM file of trusted certificates: the server's own, or authorities'. */
  readonly ca?: string;
  /** The name or IP address that the certificate must have. Default: the one that is connected to. */
  readonly serverName?: string;
  /**
   * The SHA-256 of the only good certificate, `sha256:` and 64 hex digits, as `farcall keygen --tls` prints it; in
   * place of all else.
   */
  readonly fingerprint?: string;
}

/** A named caller: `network.clients.NAME`. */
export interface ClientEntry {
  readonly name: string;
  /**
   * An IPv4 or IPv6 address in its canonical spelling without brackets, or a network such as `10.0.0.0/8`;
   * `localhost` is 127.0.0.1 and ::1. Left out, which takes a key, the client may call from any address.
   */
  readonly ip?: string;
  /** 1 to 65535; left out, the client may call from any port. */
  readonly port?: number;
  /** The key that it has to prove; left out, its address is enough. */
  readonly key?: PublicKey;
  /** How often it may call each node; as often as it likes where left out. */
  readonly rate?: CallRate;
  /** Whether it may read the logs of nodes; left out where not. */
  readonly allowLogs?: true;
  readonly description?: string;
  /** Where its name stands. */
  readonly place: SourcePlace;
}

/** A named set of rpcs with the nodes that provide it and the clients that are let in. */
export interface ServiceEntry {
  readonly name: string;
  readonly description?: string;
  /** Names of servers, each once; at least one, unless a selector chooses them. */
  readonly providers: readonly string[];
  /** Chooses its providers among the nodes of the fleet that are there. */
  readonly selector?: Selector;
  /** Names of clients, each once; an empty list lets nobody call. */
  readonly tenants: readonly string[];
  /** By name, in the order of the file; at least one. */
  readonly rpcs: ReadonlyMap<string, RpcEntry>;
  /** What it asks for in place of the defaults; `instances` among them. */
  readonly limits?: ServiceLimits;
  /** What its scripts wish to reach. */
  readonly permissions?: ServicePermissions;
  /** What separates its calls from each other; left out, they share a process. */
  readonly isolation?: ServiceIsolation;
  /** What its scripts may call of other services, in alphabetical order. */
  readonly calls?: readonly GrantedCalls[];
  /** Where its name stands. */
  readonly place: SourcePlace;
}

/** A function in a service. */
export interface RpcEntry {
  readonly name: string;
  readonly description?: string;
  /** Its signatures, no two with the same `args`; at least one. */
  readonly overloads: readonly OverloadEntry[];
  /** Where the service names it. */
  readonly place: SourcePlace;
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
  /** Whether running it twice does no harm: a call that has perhaps run may be made again. Default: false. */
  readonly isIdempotent?: boolean;
  /** Names of the tenants that may call it, each once, in alphabetical order; all where left out. */
  readonly allow?: readonly string[];
  /** What has to come of calls, in the order of the file; each fits the types. */
  readonly examples?: readonly ManifestExample[];
  /** The absolute path of the script. */
  readonly source: string;
  /** The path of the script as the file has it, for messages. */
  readonly sourceAsWritten: string;
  /** Where the overload begins. */
  readonly place: SourcePlace;
}
