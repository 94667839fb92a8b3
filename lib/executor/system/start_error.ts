/** Failures of an executor's start. */
import { messageOf } from "../../errors/mod.ts";
import type { Limits } from "../../limits/mod.ts";
import { describeStatus } from "./exit_status.ts";

/** A script that could not be loaded, with its stack if it threw. */
export interface ScriptProblem {
  readonly message: string;
  readonly stack?: string;
}

/** An executor did not start. The message, which callers see, says why, and names the failing overload, if any. */
export class ExecutorStartError extends Error {
  override readonly name = "ExecutorStartError";
  /** The failing scripts. Callers must not see their stacks. */
  readonly problems: readonly ScriptProblem[];

  constructor(message: string, problems: readonly ScriptProblem[] = []) {
    super(message);
    this.problems = problems;
  }
}

/** Remedies for the system's refusals. */
const hints: Readonly<Record<string, string>> = {
  EMFILE: "let the node have more file descriptors (ulimit -n, LimitNOFILE= in systemd)",
  ENFILE: "let the machine have more file descriptors (sysctl fs.file-max)",
  ENOSPC: "make room on that disk",
  EDQUOT: "make room on that disk",
  ENOMEM: "give the machine more memory, or the node fewer executors (--limit executors=N)",
  EAGAIN: "let the node's user have more processes (ulimit -u, TasksMax= in systemd)",
  EACCES: "give the node's user access to it",
  EPERM: "give the node's user access to it",
  EROFS: "let the node's user write to it",
  ENOENT: "restore what is missing there, or restart the node",
};

/** The error for a start that the system refused: what was tried, with its path, and the remedy. */
export function refusedBySystem(tried: string, cause: unknown): ExecutorStartError {
  const code = (cause as { code?: unknown } | null)?.code;
  const hint = typeof code === "string" && Object.hasOwn(hints, code) ? `; ${hints[code]}` : "";
  return new ExecutorStartError(`${tried}: ${messageOf(cause)}${hint}`);
}

/**
 * Waits for a starting executor to fail: to end, or to take too long.
 *
 * @param whoLoads The signature whose script it is loading, if any.
 * @returns A promise that rejects with an {@linkcode ExecutorStartError} then, and never resolves.
 */
export function waitForFailure(
  process: Deno.ChildProcess,
  whoLoads: () => string | undefined,
  { executorStartTimeoutMs }: Limits,
): { readonly failed: Promise<never>; readonly stopWaiting: () => void } {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => {});
  const timer = setTimeout(() => {
    const who = whoLoads();
    const late = who === undefined
      ? "the executor was not ready"
      : `${who}: its script was not loaded`;
    const question = who === undefined ? "" : "; does it run forever?";
    const message = `${late} within ${executorStartTimeoutMs} ms${question}`;
    reject(new ExecutorStartError(message));
  }, executorStartTimeoutMs);
  process.status.then((status) => {
    const who = whoLoads();
    const during = who === undefined ? "it started" : `it loaded the script of ${who}`;
    reject(
      new ExecutorStartError(`the executor ended while ${during} (${describeStatus(status)})`),
    );
  });
  return { failed, stopWaiting: () => clearTimeout(timer) };
}
