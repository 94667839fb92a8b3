/** The work that every contender does, and what is read off it. Known to the driver and to the load generator. */

/** What a load generator is told to do. */
export type Work =
  | "memory"
  | "pipelined"
  | "connections"
  | "single"
  | "perCall"
  | "bytes64k"
  | "bytes1m"
  | "text1m";

/** Where the client runs: on the servers' processor, or on the other one. */
export const placement: Readonly<Record<Work, "same" | "apart">> = {
  memory: "apart",
  pipelined: "apart",
  connections: "apart",
  single: "apart",
  perCall: "apart",
  // On one processor: measures the work on the bytes, not wake-ups across processors.
  bytes64k: "same",
  bytes1m: "same",
  text1m: "same",
};

/** One command to a load generator. */
export interface Order {
  readonly work: Work;
  readonly port: number;
  /** The processes whose time and memory count. */
  readonly pids: readonly number[];
  readonly warmMs: number;
  readonly measureMs: number;
}

/** What a load generator answers; each work has its own figures. */
export interface Measured {
  readonly perSecond?: number;
  /** Processor time of the servers for one call. */
  readonly cpuUs?: number;
  /** The same of each server, in the order of {@linkcode Order.pids}. */
  readonly eachCpuUs?: readonly number[];
  /** Processor time of the caller for one call. */
  readonly callerCpuUs?: number;
  readonly p50Us?: number;
  readonly p99Us?: number;
  /** Resident memory of the servers before there was any connection, and what each idle one adds. */
  readonly residentMb?: number;
  readonly kbPerConnection?: number;
  /** Why there are none. */
  readonly error?: string;
}

/** A line of the table. */
export interface Figure {
  readonly title: string;
  readonly work: Work;
  readonly of: keyof Omit<Measured, "error" | "eachCpuUs">;
  readonly digits: number;
  readonly isMoreBetter: boolean;
}

/** The lines of the table. */
export const figures: readonly Figure[] = [
  figure("64 in flight on one connection, calls/s", "pipelined", "perSecond", 0),
  figure("64 connections, calls/s", "connections", "perSecond", 0),
  figure("one at a time, p50 µs", "single", "p50Us", 0),
  figure("one at a time, p99 µs", "single", "p99Us", 0),
  figure("connection per call, calls/s", "perCall", "perSecond", 0),
  figure("server CPU per call, 64 in flight, µs", "pipelined", "cpuUs", 1),
  figure("caller CPU per call, 64 in flight, µs", "pipelined", "callerCpuUs", 1),
  figure("server CPU per call, 64 connections, µs", "connections", "cpuUs", 1),
  figure("server CPU per call, connection per call, µs", "perCall", "cpuUs", 0),
  figure("echo of 64 KiB of bytes, p50 µs", "bytes64k", "p50Us", 0),
  figure("echo of 1 MiB of bytes, p50 µs", "bytes1m", "p50Us", 0),
  figure("echo of 1 MiB of text, p50 µs", "text1m", "p50Us", 0),
  figure("memory per idle connection, KB", "memory", "kbPerConnection", 1),
  figure("memory of the servers, idle, MB", "memory", "residentMb", 0),
];

function figure(title: string, work: Work, of: Figure["of"], digits: number): Figure {
  return { title, work, of, digits, isMoreBetter: of === "perSecond" };
}
