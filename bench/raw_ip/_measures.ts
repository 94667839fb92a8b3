/** The measurements over one transport. */
import process from "node:process";
import type { Farcall } from "../../mod.ts";
import { sendFileOver } from "../../lib/peer/transfer/send_file.ts";
import { percentile } from "../measure/stats.ts";
import { type Carrier, connectOver } from "./_carriers.ts";

export const MiB = 1024 * 1024;

/**
 * Bytes written for a duration: MB/s (10^6) until the last is read at the other end, and this process's CPU ms per MiB.
 */
export async function bulk(
  carrier: Carrier,
  { host, port, forMs }: { host: string; port: number; forMs: number },
): Promise<{ rate: number; cpu: number }> {
  const transport = await connectOver(carrier, host, port);
  const chunk = new Uint8Array(256 * 1024);
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  while (performance.now() - startedMs < forMs) await transport.write(chunk);
  await transport.closeWrite();
  const answer = new Uint8Array(64);
  let text = "";
  for (let count; (count = await transport.read(answer)) !== null;) {
    text += new TextDecoder().decode(answer.subarray(0, count));
  }
  const tookMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(cpuBefore);
  transport.close();
  const bytes = Number(text);
  return { rate: bytes / tookMs / 1000, cpu: (user + system) / 1000 / (bytes / MiB) };
}

/** A file to a peer: MB/s (10^6) until it has its final name there. */
export async function sendFile(
  carrier: Carrier,
  { host, port, path, size }: { host: string; port: number; path: string; size: number },
): Promise<number> {
  const startedMs = performance.now();
  await sendFileOver(await connectOver(carrier, host, port), {
    path,
    sender: "bench",
    channel: "",
    timestamp: `${startedMs}`,
    key: undefined,
    onProgress: () => {},
    signal: undefined,
  });
  return size / (performance.now() - startedMs) / 1000;
}

/** Calls of 100 bytes, one at a time. @returns Their times in µs. */
export async function oneAtATime(farcall: Farcall, calls: number): Promise<number[]> {
  const bytes = new Uint8Array(100);
  const times: number[] = [];
  for (let count = 0; count < calls; count++) {
    const startedMs = performance.now();
    await farcall.call("bench", "echo", [bytes]);
    times.push((performance.now() - startedMs) * 1000);
  }
  return times;
}

/** Calls of 100 bytes per second, 64 in flight. */
export async function inFlight(farcall: Farcall, calls: number): Promise<number> {
  const bytes = new Uint8Array(100);
  let left = calls;
  const startedMs = performance.now();
  const work = async (): Promise<void> => {
    while (left-- > 0) await farcall.call("bench", "echo", [bytes]);
  };
  await Promise.all(Array.from({ length: 64 }, work));
  return calls / (performance.now() - startedMs) * 1000;
}

/** The median time of a call that echoes 1 MiB, in ms. */
export async function largeEcho(farcall: Farcall, calls: number): Promise<number> {
  const bytes = new Uint8Array(MiB);
  const times: number[] = [];
  for (let count = 0; count < calls; count++) {
    const startedMs = performance.now();
    await farcall.call("bench", "echo", [bytes]);
    times.push(performance.now() - startedMs);
  }
  return percentile(times, 0.5);
}
