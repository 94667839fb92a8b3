/**
 * Messages over a transport: frames in and out, one write per event-loop turn and a fair share of the turn for each
 * connection; stream items and their credit; the table of pending numbers.
 *
 * This room must not know what a call is.
 *
 * @module
 */
export { Channel, type ChannelMemory, type ChannelOptions } from "./channel.ts";
export { Credit, itemCost } from "./credit.ts";
export { Uint32Map } from "./uint32_map.ts";
export { type BodyPart, Outbox, type OutboxLedger } from "./outbox.ts";
export { ReadBuffer, type ReadMemory } from "./read_buffer.ts";
export { InboundItems, iteratorOf, OutboundItems, tellToEnd } from "./streams.ts";
export { tickNowMs } from "./tick_clock.ts";
export { type Priority, type Slice, Turns, type WaitingLine } from "./turns.ts";
