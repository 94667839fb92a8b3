/** What a peer may ask of a node's log, and what it is told. */
import { isCount, isListOf, isObject, isOptionalString } from "../encoding/mod.ts";

/** Which records: left out, all of them. A node tells a batch at a time; who asks again goes on where that has ended. */
export interface LogRequest {
  readonly op: "logs";
  /** Those made at this time, or later; in milliseconds since the UNIX epoch. */
  readonly since: number;
  /** Where the batch before has ended, as the node has said it. */
  readonly position?: string;
  /** The least urgent level: `debug`, `info`, `warn` or `error`. */
  readonly level?: string;
  readonly service?: string;
  readonly rpc?: string;
  /** The number of a call. */
  readonly call?: string;
  /** How long the node may wait for a record where it has none, in milliseconds. Default: 0. */
  readonly waitMs?: number;
}

/** A record of a node's log. */
export interface NodeRecord {
  /** When it was made, in milliseconds since the UNIX epoch, by the node's clock. */
  readonly epochMs: number;
  /** How urgent it is: `debug`, `info`, `warn` or `error`. */
  readonly level: string;
  /** What happened, e.g. `call.executed`. */
  readonly event: string;
  /** What else there is to say. */
  readonly fields: Readonly<Record<string, string | number | boolean>>;
}

/** Some records. */
export interface LogResponse {
  /** The node's name; empty where it has none. */
  readonly node: string;
  /** In the order in which they were written. */
  readonly records: readonly NodeRecord[];
  readonly position: string;
  /** Whether there are no more, for now. */
  readonly isEnd: boolean;
  /** Whether some behind the position that was given are not kept any more; left out where not. */
  readonly hasGap?: boolean;
}

const levels = ["debug", "info", "warn", "error"];

/** Whether a request has its form. */
export function isLogRequest(value: Readonly<Record<string, unknown>>): boolean {
  const { since, position, level, service, rpc, call, waitMs } = value;
  return isCount(since) && [position, service, rpc, call].every(isOptionalString) &&
    (level === undefined || isLevel(level)) && (waitMs === undefined || isCount(waitMs));
}

/** Whether a response has its form. */
export function isLogResponse(value: Readonly<Record<string, unknown>>): boolean {
  return typeof value.node === "string" && isListOf(value.records, isNodeRecord) &&
    typeof value.position === "string" && typeof value.isEnd === "boolean" &&
    (value.hasGap === undefined || typeof value.hasGap === "boolean");
}

function isNodeRecord(value: unknown): boolean {
  return isObject(value) && isCount(value.epochMs) && isLevel(value.level) &&
    typeof value.event === "string" && isObject(value.fields) &&
    Object.values(value.fields).every((each) =>
      ["string", "number", "boolean"].includes(typeof each)
    );
}

function isLevel(value: unknown): boolean {
  return levels.includes(value as string);
}
