/** Connections and bytes by framing. */

/** What connections speak. */
export const framings = ["frames", "http", "json-rpc", "text"] as const;

/** What a connection speaks. */
export type Framing = typeof framings[number];

/** A connection, as far as it is counted. */
export interface CountedConnection {
  /** What it speaks, as far as that is known. */
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

/** The connections of a node, and those that it had. */
export class Traffic {
  readonly #open: () => Iterable<CountedConnection>;
  readonly #ended = new Map<Framing, Counts>(framings.map((framing) => [framing, none()]));

  /** @param open Those that are open. */
  constructor(open: () => Iterable<CountedConnection>) {
    this.#open = open;
  }

  /** To be called once for each that is open no longer. */
  ended(connection: CountedConnection): void {
    if (connection.framing !== undefined) add(this.#ended.get(connection.framing)!, connection);
  }

  /** How many are open, by what they speak; `unknown` where they have not said enough. */
  get open(): ReadonlyMap<Framing | "unknown", number> {
    const open = new Map<Framing | "unknown", number>();
    for (const framing of [...framings, "unknown"] as const) open.set(framing, 0);
    for (const { framing = "unknown" } of this.#open()) open.set(framing, open.get(framing)! + 1);
    return open;
  }

  /** All that there were, those that are open included. */
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
