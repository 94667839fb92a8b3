/**
 * The load generator: executes commands on one contender, one line of JSON each, and replies to each with a line. Runs
 * on Deno and on Node.
 *
 *   deno run --allow-all bench/measure/load.ts MODULE
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Client, Connection } from "../systems/contender.ts";
import type { Measured, Order, Work } from "./work.ts";

const inFlight = 64;
const callersOfOneCallConnections = 16;
const idleConnections = 1000;
const bytes64k = new Uint8Array(64 * 1024).fill(120);
const bytes1m = new Uint8Array(1024 * 1024).fill(120);
const sentence =
  'The quick brown fox says "hi" to the lazy dog, 0123456789 times, and goes home.\n';
const text1m = sentence.repeat(Math.ceil(bytes1m.length / sentence.length)).slice(
  0,
  bytes1m.length,
);

const client: Client = await import(process.argv[2]);

for await (const line of createInterface({ input: process.stdin })) {
  let measured: Measured;
  try {
    measured = await works(JSON.parse(line));
  } catch (error) {
    measured = { error: String(error instanceof Error ? error.message : error) };
  }
  process.stdout.write(`${JSON.stringify(measured)}\n`);
}
process.exit(0);

function works(order: Order): Promise<Measured> {
  const kinds: Record<Work, () => Promise<Measured>> = {
    memory: () => memory(order),
    pipelined: () => throughput(order, 1, inFlight),
    connections: () => throughput(order, inFlight, 1),
    perCall: () => perCall(order),
    single: () => latency(order, (connection) => add(connection)),
    bytes64k: () => latency(order, (connection) => echo(connection.bytes(bytes64k), bytes64k)),
    bytes1m: () => latency(order, (connection) => echo(connection.bytes(bytes1m), bytes1m)),
    text1m: () => latency(order, (connection) => echo(connection.text(text1m), text1m)),
  };
  return kinds[order.work]();
}

/** `callers` callers, each making one call at a time on its connection. */
async function throughput(order: Order, count: number, callers: number): Promise<Measured> {
  const connections = await Promise.all(
    Array.from({ length: count }, () => client.open(order.port, callers)),
  );
  const measured = await repeat(
    order,
    connections.flatMap((each) => Array<() => Promise<void>>(callers).fill(() => add(each))),
  );
  for (const connection of connections) await connection.close();
  return measured;
}

function perCall(order: Order): Promise<Measured> {
  const once = client.callOnce ?? (async (port) => {
    const connection = await client.open(port, 1);
    const sum = await connection.add(20, 22);
    await connection.close();
    return sum;
  });
  const caller = async () => check(await once(order.port), 42);
  return repeat(order, Array(callersOfOneCallConnections).fill(caller));
}

/** Lets all callers call without pause, first to warm up, then counted. */
async function repeat(order: Order, callers: (() => Promise<void>)[]): Promise<Measured> {
  let isOver = false;
  let calls = 0;
  const all = Promise.all(callers.map(async (call) => {
    while (!isOver) {
      await call();
      calls += 1;
    }
  }));
  all.catch(() => {});
  await Promise.race([pause(order.warmMs), all]);
  calls = 0;
  const pids = living(order.pids);
  const cpuBeforeMs = cpuMs(pids);
  const eachBeforeUs = pids.map(threadsUs);
  const own = process.cpuUsage();
  const startedMs = performance.now();
  await Promise.race([pause(order.measureMs), all]);
  const elapsedMs = performance.now() - startedMs;
  const counted = calls;
  const usedMs = cpuMs(pids) - cpuBeforeMs;
  const eachUs = pids.map((pid, index) => threadsUs(pid) - eachBeforeUs[index]);
  const { user, system } = process.cpuUsage(own);
  isOver = true;
  await all;
  return {
    perSecond: counted / elapsedMs * 1000,
    cpuUs: usedMs * 1000 / counted,
    eachCpuUs: eachUs.map((us) => us / counted),
    callerCpuUs: (user + system) / counted,
  };
}

/** One call at a time on one connection. */
async function latency(
  order: Order,
  call: (connection: Connection) => Promise<void>,
): Promise<Measured> {
  const connection = await client.open(order.port, 1);
  const warmUntilMs = performance.now() + order.warmMs;
  do await call(connection); while (performance.now() < warmUntilMs);
  const latenciesMs: number[] = [];
  const pids = living(order.pids);
  const cpuBeforeMs = cpuMs(pids);
  const eachBeforeUs = pids.map(threadsUs);
  const own = process.cpuUsage();
  let nowMs = performance.now();
  const endMs = nowMs + order.measureMs;
  while (nowMs < endMs || latenciesMs.length < 5) {
    await call(connection);
    const beforeMs = nowMs;
    nowMs = performance.now();
    latenciesMs.push(nowMs - beforeMs);
  }
  const usedMs = cpuMs(pids) - cpuBeforeMs;
  const eachUs = pids.map((pid, index) => threadsUs(pid) - eachBeforeUs[index]);
  const { user, system } = process.cpuUsage(own);
  await connection.close();
  const { length: calls } = latenciesMs;
  latenciesMs.sort((a, b) => a - b);
  const at = (share: number) => latenciesMs[Math.floor(calls * share)] * 1000;
  return {
    p50Us: at(0.5),
    p99Us: at(0.99),
    cpuUs: usedMs * 1000 / calls,
    eachCpuUs: eachUs.map((us) => us / calls),
    callerCpuUs: (user + system) / calls,
  };
}

/**
 * The servers' additional memory for a thousand connections that each made one call. Before that, the servers are under
 * load for a while, because memory that they allocate once and keep would otherwise count as the connections'.
 */
async function memory(order: Order): Promise<Measured> {
  const warm = await client.open(order.port, 1);
  for (let call = 0; call < 10; call++) await add(warm);
  await warm.close();
  await pause(500);
  const pids = living(order.pids);
  const idleKb = residentKb(pids);
  await throughput(order, 1, inFlight);
  await pause(500);
  const beforeKb = residentKb(pids);
  const connections: Connection[] = [];
  while (connections.length < idleConnections) {
    connections.push(
      ...await Promise.all(Array.from({ length: 50 }, async () => {
        const connection = await client.open(order.port, 1);
        await add(connection);
        return connection;
      })),
    );
  }
  await pause(500);
  const addedKb = residentKb(pids) - beforeKb;
  for (const connection of connections) await connection.close();
  return { residentMb: idleKb / 1024, kbPerConnection: addedKb / idleConnections };
}

async function add(connection: Connection): Promise<void> {
  check(await connection.add(20, 22), 42);
}

async function echo(reply: Promise<number>, { length }: { length: number }): Promise<void> {
  check(await reply, length);
}

function check(got: number, expected: number): void {
  if (got !== expected) throw new Error(`${got} came back where ${expected} was expected`);
}

/** Processes still running: short-lived helpers of a node have ended by now. */
function living(pids: readonly number[]): readonly number[] {
  return pids.filter((pid) => existsSync(`/proc/${pid}/stat`));
}

/** Processor time of some processes so far; the system counts in ticks of 10 ms. */
function cpuMs(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * 10;
}

/** Processor time of the running threads of a process, in microseconds: finer than {@linkcode cpuMs}. */
function threadsUs(pid: number): number {
  let ns = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    ns += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
  }
  return ns / 1000;
}

function residentKb(pids: readonly number[]): number {
  let sum = 0;
  for (const pid of pids) {
    sum += Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]);
  }
  return sum;
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
