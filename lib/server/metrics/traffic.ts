/** Connections and bytes by framing. */

/** Protocols of connections. */
export const framings = ["frames", "http", "json-rpc", "text"] as const;

/** The protocol of a connection. */
export type Framing = typeof framings[number];

/** A connection, as far as it is counted. */
export interface CountedConnection {
  /** Its protocol, if known. */
  readonly framing: Framing | undefined;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** Counts of one framing. */
interface Counts {
  connections: number;
  receivedBytes: number;
  sentBytes: number;
}

/** Counts current and past connections of a node. */
export class Traffic {
  readonly #open: () => Iterable<CountedConnection>;
  readonly #ended = new Map<Framing, Counts>(framings.map((framing) => [framing, none()]));

  /** @param open The open connections. */
  constructor(open: () => Iterable<CountedConnection>) {
    this.#open = open;
  }

  /** Call once for each connection that has closed. */
  ended(connection: CountedConnection): void {
    if (connection.framing !== undefined) add(this.#ended.get(connection.framing)!, connection);
  }

  /** The number of open connections by protocol; `unknown` if they have not sent enough. */
  get open(): ReadonlyMap<Framing | "unknown", number> {
    const open = new Map<Framing | "unknown", number>();
    for (const framing of [...framings, "unknown"] as const) open.set(framing, 0);
    for (const { framing = "unknown" } of this.#open()) open.set(framing, open.get(framing)! + 1);
    return open;
  }

  /** All connections ever made, including open ones. */
  get all(): ReadonlyMap<Framing, Readonly<Counts>> {
    const all = new Map([...this.#ended].map(([framing, counts]) => [framing, { ...counts }]));
    for (const connection of this.#open()) {
      if (connection.framing !== undefined) add(all.get(connection.framing)!, connection);
    }
    return all;
  }
}

function none(): Counts {
  return { connections: 0, receivedBytes: 0, sentBytes: 0 };
}

function add(counts: Counts, { receivedBytes, sentBytes }: CountedConnection): void {
  counts.connections += 1;
  counts.receivedBytes += receivedBytes;
  counts.sentBytes += sentBytes;
}
