/** The works that every contender does, and their figures. Shared by the driver and the load generator. */

/** A command to a load generator. */
export type Work =
  | "memory"
  | "pipelined"
  | "connections"
  | "single"
  | "perCall"
  | "bytes64k"
  | "bytes1m"
  | "text1m";

/** The client's processor: the servers', or the other one. */
export const placement: Readonly<Record<Work, "same" | "apart">> = {
  memory: "apart",
  pipelined: "apart",
  connections: "apart",
  single: "apart",
  perCall: "apart",
  // On one processor, to measure the work on the bytes instead of wake-ups across processors.
  bytes64k: "same",
  bytes1m: "same",
  text1m: "same",
};

/** One command to a load generator. */
export interface Order {
  readonly work: Work;
  readonly port: number;
  /** The processes whose time and memory are measured. */
  readonly pids: readonly number[];
  readonly warmMs: number;
  readonly measureMs: number;
}

/** A load generator's reply; each work has its own figures. */
export interface Measured {
  readonly perSecond?: number;
  /** Processor time of the servers per call. */
  readonly cpuUs?: number;
  /** The same of each server, in the order of {@linkcode Order.pids}. */
  readonly eachCpuUs?: readonly number[];
  /** Processor time of the caller per call. */
  readonly callerCpuUs?: number;
  readonly p50Us?: number;
  readonly p99Us?: number;
  /** Resident memory of the servers without connections, and that of each idle one. */
  readonly residentMb?: number;
  readonly kbPerConnection?: number;
  /** Why there are no figures. */
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
