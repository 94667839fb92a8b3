/** The records of one node, read in batches. */
import {
  ConnectionLost,
  DeadlineExceeded,
  FarcallError,
  MalformedMessage,
  NodeUnreachable,
  Overloaded,
  ServerDraining,
  Unauthenticated,
} from "../errors/mod.ts";
import { type Limits, limits } from "../limits/mod.ts";
import type { LogRequest, NodeRecord } from "../protocol/mod.ts";
import { formatNode, type NodeAddress, shortName } from "./address.ts";
import type { NodeConnectionOptions } from "./connection/connection_options.ts";
import { NodeConnection } from "./connection/node_connection.ts";
import { proveLocal } from "./local_proof.ts";

export type { NodeRecord };

/** A record of a node, or the error from reading its log. */
export type LogEntry =
  & {
    /** The node's name in init.yaml; its address where it has none. */
    readonly node: string;
  }
  & (
    | { readonly record: NodeRecord; readonly error?: undefined }
    | { readonly record?: undefined; readonly error: FarcallError }
  );

/** How a node's log is read. */
export interface NodeLogOptions {
  readonly connection: NodeConnectionOptions;
  readonly filter: Omit<LogRequest, "op" | "position" | "waitMs">;
  /** Whether to keep waiting for new records. */
  readonly follows: boolean;
  readonly signal: AbortSignal;
}

/** Reads the log of a node, one batch ahead. */
export class NodeLog {
  readonly #address: NodeAddress;
  readonly #options: NodeLogOptions;
  readonly #bounds: Limits;
  readonly #name: string;
  #connection: NodeConnection | undefined;
  #position: string | undefined;
  #reading: Promise<void> | undefined;
  #entries: LogEntry[] = [];
  #next = 0;
  #hasCaughtUp = false;
  #isOver = false;
  /** Whether the current failure of the node has become an entry already. */
  #isFailureReported = false;

  constructor(address: NodeAddress, options: NodeLogOptions) {
    this.#address = address;
    this.#options = options;
    this.#bounds = options.connection.bounds ?? limits;
    this.#name = shortName(address);
  }

  /** The next entry, if one has arrived. */
  get first(): LogEntry | undefined {
    return this.#entries[this.#next];
  }

  /** Whether records of other nodes must wait, because older ones may still arrive from this node. */
  get isBehind(): boolean {
    return this.first === undefined && !this.#hasCaughtUp && !this.#isOver;
  }

  /** Removes the next entry. */
  shift(): LogEntry {
    return this.#entries[this.#next++]!;
  }

  /** Starts reading if necessary; undefined if there is nothing to wait for. */
  read(): Promise<void> | undefined {
    if (this.first !== undefined || this.#isOver) return undefined;
    this.#reading ??= this.#read().finally(() => this.#reading = undefined);
    return this.#reading;
  }

  async close(): Promise<void> {
    await this.#connection?.close();
  }

  /** Never rejects: errors become entries. */
  async #read(): Promise<void> {
    const { filter, follows, signal } = this.#options;
    const waitMs = follows && this.#hasCaughtUp ? this.#bounds.logWaitMs : 0;
    try {
      const connection = this.#connection ??= await this.#connect();
      const request = { op: "logs", ...filter, position: this.#position, waitMs } as const;
      const timeoutMs = waitMs + this.#bounds.statusTimeoutMs;
      const answer = await connection.request(request, { timeoutMs, signal });
      this.#isFailureReported = false;
      this.#position = answer.position;
      this.#hasCaughtUp = answer.isEnd;
      this.#isOver = answer.isEnd && !follows;
      const gap = answer.hasGap ? [gapBefore(answer.records[0])] : [];
      const records = [...gap, ...answer.records];
      this.#entries = records.map((record) => ({ node: this.#name, record }));
      this.#next = 0;
    } catch (error) {
      if (!(error instanceof FarcallError)) throw error;
      await this.#failed(error);
    }
  }

  async #failed(error: FarcallError): Promise<void> {
    const { follows, signal } = this.#options;
    await this.#connection?.close();
    this.#connection = undefined;
    this.#hasCaughtUp = true;
    this.#isOver = signal.aborted || !follows || !isTemporary(error);
    if (!this.#isFailureReported && !signal.aborted) {
      this.#entries = [{ node: this.#name, error: this.#explained(error) }];
      this.#next = 0;
    }
    this.#isFailureReported = true;
    if (!this.#isOver && this.first === undefined) await pause(this.#bounds.logRetryMs, signal);
  }

  async #connect(): Promise<NodeConnection> {
    const { connection: options } = this.#options;
    const connection = await NodeConnection.open(this.#address, options);
    try {
      // A caller that names a client asks as that client.
      if (options.client === undefined) {
        await proveLocal(connection, this.#bounds.statusTimeoutMs).catch((error) => {
          // The node may not need the proof; if it does, its answer to the request for logs says so.
          if (!(error instanceof Unauthenticated)) throw error;
        });
      }
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  /** A node that does not know the request runs an older farcall. */
  #explained(error: FarcallError): FarcallError {
    if (!(error instanceof MalformedMessage)) return error;
    return new MalformedMessage(
      `${formatNode(this.#address)} cannot send its log: it runs an older farcall; ` +
        "install this version there",
      { node: formatNode(this.#address), cause: error },
    );
  }
}

/** Marks a gap: the node discarded records before they were read. */
function gapBefore(next: NodeRecord | undefined): NodeRecord {
  const message = "records are missing here: the node discarded them before they were read";
  return {
    epochMs: next?.epochMs ?? Date.now(),
    level: "warn",
    event: "log.gap",
    fields: { message },
  };
}

/** Whether a retry may succeed. */
function isTemporary(error: FarcallError): boolean {
  return [NodeUnreachable, ConnectionLost, DeadlineExceeded, Overloaded, ServerDraining]
    .some((kind) => error instanceof kind);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
