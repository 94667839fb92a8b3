/** Streams as lists, for framings without streams. */
import { iteratorOf, tellToEnd } from "../../channel/mod.ts";
import { MessageTooLarge } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import { isItemSource, type ItemSource, NamedSource } from "../../types/mod.ts";
import { type CallDeadline, cancelledBy } from "../call_deadline.ts";

/** The lists of one call, by source: a source can be read once, but the call may go to several nodes. */
export type ItemLists = Map<unknown, Promise<readonly unknown[]>>;

/**
 * Returns the arguments of a call with its streams read to their ends.
 *
 * @param late Makes the error if the deadline passes first.
 * @throws {Cancelled} If the signal is raised first.
 * @throws {MessageTooLarge} If a source gives more items than a message can hold.
 */
export async function listItems(
  values: readonly unknown[],
  { streams, open, lists, deadline, late }: {
    /** The numbers of the arguments that are streams, counted from 1. */
    readonly streams: readonly { readonly number: number }[];
    /** Opens an argument that names a source. */
    readonly open: (named: NamedSource, index: number) => ItemSource;
    readonly lists: ItemLists;
    readonly deadline: CallDeadline;
    readonly late: () => Error;
  },
): Promise<readonly unknown[]> {
  return await Promise.all(values.map((value, index) => {
    const isNamed = value instanceof NamedSource;
    const isStream = streams.some(({ number }) => number === index + 1);
    if (!isStream || !(isNamed || isItemSource(value))) return value;
    const key = isNamed ? value.text : value;
    let list = lists.get(key);
    if (list === undefined) {
      list = readToEnd(isNamed ? open(value, index) : value, deadline, late);
      lists.set(key, list);
    }
    return list;
  }));
}

async function readToEnd(
  source: ItemSource,
  { deadlineMs, signal }: CallDeadline,
  late: () => Error,
): Promise<readonly unknown[]> {
  const items: unknown[] = [];
  const { promise: givenUp, reject } = Promise.withResolvers<never>();
  givenUp.catch(() => {});
  const timer = setTimeout(() => reject(late()), Math.max(0, deadlineMs - performance.now()));
  const onAbort = () => reject(cancelledBy(signal, "the call was cancelled before it was sent"));
  signal?.addEventListener("abort", onAbort);
  if (signal?.aborted) onAbort();
  const iterator = iteratorOf(source);
  let isOver = false;
  let sliceEndsMs = performance.now() + limits.streamSliceMs;
  try {
    while (items.length <= limits.listItemsMax) {
      const next = await Promise.race([iterator.next(), givenUp]);
      if (next.done) {
        isOver = true;
        return items;
      }
      items.push(next.value);
      if (performance.now() < sliceEndsMs) continue;
      // A source that never pauses would starve the deadline and the signal.
      await Promise.race([new Promise((resolve) => setTimeout(resolve, 0)), givenUp]);
      sliceEndsMs = performance.now() + limits.streamSliceMs;
    }
    throw new MessageTooLarge(
      `the stream has more than ${limits.listItemsMax} items, and without connections of farcall's own ` +
        "(oneShot) it is one message; call without oneShot, or send less",
    );
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    if (!isOver) tellToEnd(iterator);
  }
}
