/** Texts that could cost more to read than their length: numbers, white space, quotes, brackets, escapes. */
import type { Load } from "./_load.ts";
import { ask, bytesOf } from "./_raw.ts";

const digits = "1".repeat(60_000);

/** A text request for math.sum with no valid number. */
function sum(value: string): Uint8Array {
  return bytesOf(
    '{"header":"RPC-REQ","value":{"client":"c2","service":"math","rpc":"sum",' +
      `"argument-types":["List[float]"],"return-types":["float"],"arguments":["[${value}]"]}}`,
  );
}

function withHead(field: string): Uint8Array {
  return bytesOf(`POST /math/add HTTP/1.1\r\nhost: localhost\r\nx: ${field}\r\n\r\n`);
}

const texts: Readonly<Record<string, Uint8Array>> = {
  "a float of 60,000 digits and an x": sum(`"${digits}x"`),
  "a float of 60,000 digits, a dot and an x": sum(`"${digits}.${digits}x"`),
  "an HTTP field of 15 KB of spaces": withHead(`${" ".repeat(15_000)}x${" ".repeat(300)}`),
  "an HTTP field of 15 KB of commas": withHead(",".repeat(15_000)),
  "60 KB of brackets": bytesOf(`{"header":${"[".repeat(60_000)}`),
  "60 KB of escapes": bytesOf(`{"header":"${"\\".repeat(60_000)}`),
};

export const loads: readonly Load[] = Object.entries(texts).map(([name, says]): Load => ({
  name: `${name}, 20 connections`,
  memoryMiBMax: 150,
  logKiBPerSecondMax: 256,
  play: (target, signal) => ask(target, signal, { count: 20, says }),
}));
