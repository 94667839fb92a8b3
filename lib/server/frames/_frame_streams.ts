/** The streams of a framed call. */
import type { Channel } from "../../channel/mod.ts";
import { Overloaded } from "../../errors/mod.ts";
import type { Limits } from "../../limits/mod.ts";
import { FrameKind } from "../../protocol/mod.ts";
import { CallStreams } from "../calls/call_streams.ts";
import type { LiveOverload } from "../calls/live_generation.ts";
import type { PeerBudget } from "../memory/peer_budget.ts";
import type { OpenCalls } from "./_open_calls.ts";

/** The connection of such a call. */
export interface StreamingConnection {
  readonly open: OpenCalls;
  readonly channel: Channel;
  readonly budget: PeerBudget;
  readonly bounds: Limits;
}

/** Opens the streams of a call that has some. */
export function streamsOf(
  call: number,
  { signature, scriptBytes }: LiveOverload,
  { open, channel, budget, bounds }: StreamingConnection,
): CallStreams | Overloaded {
  if (open.streamingCount >= bounds.streamingCallsPerConnectionMax) {
    return new Overloaded(
      `${open.streamingCount} calls with streams are in flight on this connection; wait for one to end`,
    );
  }
  const streams = new CallStreams(signature, {
    open: () => channel.send(FrameKind.open, 0, call, scriptBytes),
    item: (payload) => channel.send(FrameKind.item, 0, call, payload),
    credit: (stream, bytes) => channel.send(FrameKind.credit, stream, call, bytes),
    budget,
  });
  open.addStreams(call, streams);
  return streams;
}
