/** Requests for a node's log, and the responses. */
import { isCount, isListOf, isObject, isOptionalString } from "../encoding/mod.ts";

/**
 * Filters of records; an absent filter matches all. A node sends one batch at a time; the next request continues at its
 * end.
 */
export interface LogRequest {
  readonly op: "logs";
  /** Records made at this time or later; in milliseconds since the UNIX epoch. */
  readonly since: number;
  /** The end position of the previous batch. */
  readonly position?: string;
  /** The least urgent level: `debug`, `info`, `warn` or `error`. */
  readonly level?: string;
  readonly service?: string;
  readonly rpc?: string;
  /** The number of a call. */
  readonly call?: string;
  /** How long the node may wait for a new record, in milliseconds. Default: 0. */
  readonly waitMs?: number;
}

/** A record of a node's log. */
export interface NodeRecord {
  /** When it was made, in milliseconds since the UNIX epoch, by the node's clock. */
  readonly epochMs: number;
  /** Its level: `debug`, `info`, `warn` or `error`. */
  readonly level: string;
  /** The event, e.g. `call.executed`. */
  readonly event: string;
  /** Its fields. */
  readonly fields: Readonly<Record<string, string | number | boolean>>;
}

/** A batch of records. */
export interface LogResponse {
  /** The node's name; empty if it has none. */
  readonly node: string;
  /** In the order of writing. */
  readonly records: readonly NodeRecord[];
  readonly position: string;
  /** Whether these are the last records so far. */
  readonly isEnd: boolean;
  /** Whether records after the given position have been removed; undefined if not. */
  readonly hasGap?: boolean;
}

const levels = ["debug", "info", "warn", "error"];

/** Whether a value has the shape of a request. */
export function isLogRequest(value: Readonly<Record<string, unknown>>): boolean {
  const { since, position, level, service, rpc, call, waitMs } = value;
  return isCount(since) && [position, service, rpc, call].every(isOptionalString) &&
    (level === undefined || isLevel(level)) && (waitMs === undefined || isCount(waitMs));
}

/** Whether a value has the shape of a response. */
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
