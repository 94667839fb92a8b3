/** Starts an executor: its process, its link to the node, and its scripts. */
import { ownExecutable } from "../../files/mod.ts";
import { UnixRendezvous } from "../../transport/mod.ts";
import { formatSignature } from "../../types/mod.ts";
import type { FullServiceLimits } from "../../manifest/mod.ts";
import { explain, readEnd } from "../system/exit_status.ts";
import { ProgressReader } from "../progress.ts";
import { spawnExecutor } from "./spawn.ts";
import { ExecutorStartError, refusedBySystem, waitForFailure } from "../system/start_error.ts";
import type { ExecutorHost } from "./host.ts";
import type { Load } from "../link.ts";
import { ExecutorProcess, kill } from "./process.ts";
import type { ExecutorEvents } from "./process_options.ts";

/**
 * Starts an executor and loads its scripts.
 *
 * @param options `signal` cancels the start and kills the process.
 * @throws {ExecutorStartError} If it does not start, or a script cannot be loaded.
 */
export async function startExecutor(
  host: ExecutorHost,
  load: Load,
  options: { events: ExecutorEvents; limits: FullServiceLimits; signal: AbortSignal },
): Promise<ExecutorProcess> {
  const { events, limits: serviceLimits, signal } = options;
  if (signal.aborted) throw new ExecutorStartError("the start was given up");
  let rendezvous: UnixRendezvous | undefined;
  let progress: ProgressReader | undefined;
  let process: Deno.ChildProcess;
  const socketPath = host.newSocketPath();
  let tried = `a socket could not be made at ${socketPath}`;
  try {
    await host.restoreFolders();
    rendezvous = new UnixRendezvous(socketPath);
    progress = new ProgressReader(socketPath);
    tried = `an executor could not be started in ${host.workingFolder}`;
    const program = ownExecutable();
    tried = `${program} could not be started in ${host.workingFolder}`;
    process = spawnExecutor({
      program,
      socketPath,
      servicesFolder: host.servicesFolder,
      workingFolder: host.workingFolder,
      limits: serviceLimits,
      permissions: load.permissions ?? {},
      confinement: host.confinement,
    });
  } catch (cause) {
    rendezvous?.close();
    progress?.close();
    throw refusedBySystem(tried, cause);
  }
  if (load.permissions?.net !== undefined) host.socketOwners.add(process);
  const giveUp = (): void => kill(process);
  signal.addEventListener("abort", giveUp, { once: true });
  const stderrTail = readEnd(process.stderr);
  let executor: ExecutorProcess | undefined;
  const whoLoads = (): string | undefined => {
    const overload = load.overloads[executor?.loading ?? -1];
    return overload === undefined ? undefined : formatSignature(overload.rpc, overload);
  };
  const { failed, stopWaiting } = waitForFailure(process, whoLoads, host.bounds);
  const accepting = rendezvous.accept();
  try {
    const transport = await Promise.race([accepting, failed]);
    progress.unlink();
    const started = executor = new ExecutorProcess(process, transport, {
      progress,
      watch: host.watch,
      events,
      stderrTail,
      limits: serviceLimits,
      bounds: host.bounds,
      overloadCount: load.overloads.length,
      targetCount: load.targets?.length ?? 0,
      slice: host.turns.slice(() => "executor"),
    });
    const { servicesFolder } = host;
    const ready = await Promise.race([
      started.load({ ...load, limits: serviceLimits, servicesFolder }),
      failed,
    ]);
    if (ready.problems.length === 0) {
      host.watch.add(started);
      return started;
    }
    const { problems } = ready;
    throw new ExecutorStartError(problems.map(({ message }) => message).join("; "), problems);
  } catch (error) {
    const endReason = executor?.endReason;
    rendezvous.close();
    progress.close();
    kill(process);
    // It may have connected at the very moment of cancellation.
    accepting.then((transport) => transport.close(), () => {});
    await process.status;
    if (endReason !== undefined) {
      throw new ExecutorStartError(`the executor was ended: ${endReason}`);
    }
    if (!(error instanceof ExecutorStartError)) throw error;
    const words = await stderrTail;
    if (words === "") throw error;
    const why = explain(words) ?? words;
    throw new ExecutorStartError(`${error.message}: ${why}`, error.problems);
  } finally {
    stopWaiting();
    signal.removeEventListener("abort", giveUp);
  }
}
