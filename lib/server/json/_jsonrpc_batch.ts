/** A JSON-RPC message and its response, over any transport. */
import type { TraceContext } from "../../context/mod.ts";
import { MessageTooLarge } from "../../errors/mod.ts";
import type { HeldItem, HeldJsonRpc } from "../../helper/mod.ts";
import { formatJsonRpcError, jsonRpcResultFrame } from "../../protocol/json/mod.ts";
import type { PublicKey, RequestProof } from "../../identity/mod.ts";
import { inSlices } from "../../timers/slices.ts";
import { between } from "./_json_list.ts";
import type { JsonCalls, JsonDocument, JsonOutcome } from "./_json_calls.ts";
import type { Via } from "../calls/admitted_call.ts";
import type { Hold } from "../memory/hold.ts";

/** The caller, and its protocol. */
export interface JsonRpcAsker {
  readonly calls: JsonCalls;
  /** Memory charged for the message while its calls are in flight, growing with them; the session releases it. */
  readonly cost: number;
  readonly memory: Hold;
  readonly via: Via;
  /** The client name for requests that do not give one themselves. */
  readonly client?: string;
  /** The trace context for requests that do not give one themselves. */
  readonly trace?: TraceContext;
  /** The proved key, for requests that prove none themselves. */
  readonly key?: PublicKey;
  /** Verifies a request's proof. */
  prove(proof: RequestProof): Promise<PublicKey>;
  /** Called with the milliseconds of work on the message: a batch may take long. */
  took(ms: number): void;
  /** All requests of the message have begun: their proofs are being checked, and calls in flight are counted. */
  begun?(): void;
}

/**
 * Answers a message: a request, or a batch, whose requests run concurrently. Never rejects.
 *
 * @returns The response with a newline; undefined if all were notifications.
 */
export async function answerJsonRpc(
  { isBatch, items }: HeldJsonRpc,
  asker: JsonRpcAsker,
): Promise<Uint8Array | undefined> {
  const { messageBytesMax } = asker.calls;
  const room = { bytes: messageBytesMax };
  // Each item is charged its share of the message.
  const itemAsker = { ...asker, cost: Math.ceil(asker.cost / items.length) };
  const begin = (item: HeldItem) => answerItem(item, itemAsker, room);
  const answering = items.length === 1
    ? [begin(items[0]!)]
    : await inSlices(beginAll(items, begin), asker.took);
  asker.begun?.();
  const answers = await Promise.all(answering);
  const parts = answers.filter((answer) => answer !== undefined);
  if (parts.length === 0) return undefined;
  return isBatch ? joined(parts, "[", "]\n") : joined(parts, "", "\n");
}

/** A refusal takes some 10 µs, and a batch has up to a thousand: yield in between. */
function* beginAll(
  items: readonly HeldItem[],
  begin: (item: HeldItem) => Promise<Uint8Array | undefined>,
): Generator<void, Promise<Uint8Array | undefined>[]> {
  const answering: Promise<Uint8Array | undefined>[] = [];
  for (const item of items) {
    answering.push(begin(item));
    if (answering.length < items.length) yield;
  }
  return answering;
}

async function answerItem(
  item: HeldItem,
  asker: JsonRpcAsker,
  room: { bytes: number },
): Promise<Uint8Array | undefined> {
  const { id } = item;
  const { calls, via } = asker;
  let code: number | undefined;
  let outcome: JsonOutcome | JsonDocument;
  if (item.kind === "call" && calls.isDiscovery(item)) {
    outcome = await discover(item, asker);
  } else if (item.kind === "call") {
    outcome = await answerCall(item, asker);
  } else {
    outcome = calls.refuse(item.exception, via);
    code = item.code;
  }
  if (id === undefined) return undefined;
  const answer = outcome.kind !== "exception"
    ? between(jsonRpcResultFrame(id), outcome.json)
    : encode(formatJsonRpcError(id, outcome, code));
  if (answer.length <= room.bytes) {
    room.bytes -= answer.length;
    return answer;
  }
  const tooLarge = new MessageTooLarge(
    `the answers exceed ${calls.messageBytesMax} bytes with this one; send the requests one by one`,
  );
  return encode(formatJsonRpcError(id, calls.refuse(tooLarge, via)));
}

/** The caller's services, by the client that it claims and the key that it proves. */
async function discover(
  item: HeldItem & { kind: "call" },
  { calls, via, client, key, prove }: JsonRpcAsker,
): Promise<JsonDocument | JsonOutcome> {
  item.held.drop();
  try {
    const proved = item.proof === undefined ? key : await prove(item.proof);
    return await calls.discover({ client: item.client ?? client, key: proved });
  } catch (error) {
    return calls.refuse(error, via, item);
  }
}

async function answerCall(
  item: HeldItem & { kind: "call" },
  { calls, via, client, key, prove, cost, memory, trace }: JsonRpcAsker,
): Promise<JsonOutcome> {
  const own = { client: item.client ?? client, trace: item.trace ?? trace };
  const call = { ...item, ...own, key, cost, memory };
  if (item.proof === undefined) return await calls.run(call, via);
  let proved: PublicKey;
  try {
    proved = await prove(item.proof);
  } catch (error) {
    item.held.drop();
    return calls.refuse(error, via, call);
  }
  return await calls.run({ ...call, key: proved }, via);
}

const encoder = new TextEncoder();

function encode(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The parts, joined by commas. */
function joined(parts: readonly Uint8Array[], before: string, after: string): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length + 1, before.length - 1);
  const bytes = new Uint8Array(length + after.length);
  bytes.set(encode(before));
  let offset = before.length;
  for (const [index, part] of parts.entries()) {
    if (index > 0) bytes[offset++] = 0x2c; // ,
    bytes.set(part, offset);
    offset += part.length;
  }
  bytes.set(encode(after), offset);
  return bytes;
}
