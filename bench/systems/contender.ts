/** The load generator's interface to every contender; a module exports these functions. */

import { Buffer } from "node:buffer";

/** A connection to a server of `add(int, int)` and two echoes. Each call checks its result. */
export interface Connection {
  add(a: number, b: number): Promise<number>;
  /** @returns The number of bytes echoed. */
  bytes(payload: Uint8Array<ArrayBuffer>): Promise<number>;
  /** @returns The number of characters echoed. */
  text(payload: string): Promise<number>;
  close(): void | Promise<void>;
}

/** The client's half of a module. */
export interface Client {
  /** @param atOnce Calls that will be in flight on it. */
  open(port: number, atOnce: number): Promise<Connection>;
  /** One `add` on a connection of its own. Default: open, add, close. */
  callOnce?(port: number): Promise<number>;
}

/** The server's half: starts it in this process, on loopback, and returns its port. */
export interface Server {
  serve(): Promise<number>;
}

/** A package of `peers/package.json`. Named at run time, so that type checks of this repository do not load it. */
// deno-lint-ignore no-explicit-any
export function packageNamed(name: string): Promise<any> {
  return import(name);
}

/** Bytes as text, for systems that cannot transport bytes. */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}

/** Reads {@linkcode toBase64}. */
export function fromBase64(text: string): Uint8Array {
  return Buffer.from(text, "base64");
}
