/** A NATS server with one fleet, in memory, as far as `lib/fleet` needs it; and its faults. */
import type { FleetLink } from "../../../lib/fleet/mod.ts";
import type { KvBucket, KvEntry, NatsMessage } from "../../../lib/transport/nats/mod.ts";

/** Values kept per key. */
const historyMax = 16;

type Heard = (error: Error | null, message: NatsMessage) => void;

/** The server that programs connect to. */
export class MemoryFleet {
  readonly #subscriptions = new Set<{ readonly subject: string; readonly callback: Heard }>();
  /** All values of each key, oldest first. */
  readonly entries = new Map<string, KvEntry[]>();
  /** The error of every access to the store. */
  failure: Error | undefined;
  /** Whether accesses to the store that begin now never complete. */
  isSilent = false;
  /** The error of writes. */
  writeFailure: Error | undefined;
  /** Whether the server reports that it has JetStream. */
  hasStore = true;
  #revision = 0;

  /** A program's connection. */
  link(): FleetLink {
    const hasStore = (): boolean => this.hasStore;
    return {
      isUp: true,
      onRenewal: () => () => {},
      openBucket: () => Promise.resolve(this.bucket),
      connection: {
        get info() {
          return { max_payload: 1 << 20, server_name: "memory", jetstream: hasStore() };
        },
        publish: (subject, payload = "", { reply } = {}) => {
          const data = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
          const heard = [...this.#subscriptions].filter((each) => each.subject === subject);
          for (const { callback } of heard) {
            queueMicrotask(() => callback(null, { subject, data, ...(reply && { reply }) }));
          }
          if (heard.length > 0 || reply === undefined) return;
          this.link().connection.publish(reply, "");
        },
        subscribe: (subject, { callback }) => {
          const subscription = { subject, callback };
          this.#subscriptions.add(subscription);
          return { unsubscribe: () => void this.#subscriptions.delete(subscription) };
        },
        flush: () => Promise.resolve(),
      },
    };
  }

  /** The store. */
  get bucket(): KvBucket {
    const last = (key: string): KvEntry | undefined => this.entries.get(key)?.at(-1);
    const add = (key: string, value: Uint8Array, operation: KvEntry["operation"]): number => {
      if (this.writeFailure !== undefined) throw this.writeFailure;
      const revision = ++this.#revision;
      const entry = { key, value: value.slice(), revision, operation, created: new Date() };
      this.entries.set(key, [...this.entries.get(key) ?? [], entry].slice(-historyMax));
      return revision;
    };
    const check = (key: string, revision: number): void => {
      if ((last(key)?.revision ?? 0) !== revision) throw new Error("wrong last sequence");
    };
    const access = <Result>(work: () => Result): Promise<Result> => {
      if (this.isSilent) return new Promise(() => {});
      if (this.failure !== undefined) return Promise.reject(this.failure);
      return Promise.resolve().then(work);
    };
    return {
      get: (key) => access(() => last(key) ?? null),
      put: (key, value) => access(() => add(key, value, "PUT")),
      create: (key, value) =>
        access(() => {
          if (last(key)?.operation === "PUT") throw new Error("wrong last sequence");
          return add(key, value, "PUT");
        }),
      update: (key, value, revision) =>
        access(() => {
          check(key, revision);
          return add(key, value, "PUT");
        }),
      delete: (key) => access(() => void add(key, new Uint8Array(), "DEL")),
      purge: (key, { previousSeq } = {}) =>
        access(() => {
          if (previousSeq !== undefined) check(key, previousSeq);
          this.entries.delete(key);
          add(key, new Uint8Array(), "PURGE");
        }),
      purgeDeletes: () =>
        access(() => {
          for (const key of this.entries.keys()) {
            if (last(key)!.operation !== "PUT") this.entries.delete(key);
          }
        }),
      history: ({ key }) => access(() => listOf(this.entries.get(key) ?? [])),
      keys: (filter) =>
        access(() => {
          const prefixes = [filter ?? ">"].flat().map((each) => each.replace(">", ""));
          const there = [...this.entries.keys()].filter((key) => last(key)!.operation === "PUT");
          return listOf(there.filter((key) => prefixes.some((prefix) => key.startsWith(prefix))));
        }),
    };
  }
}

async function* listOf<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}

/** An error like those of the NATS library. */
export function natsError(name: string, message: string, cause?: Error): Error {
  const error = new Error(message, { cause });
  error.name = name;
  return error;
}
