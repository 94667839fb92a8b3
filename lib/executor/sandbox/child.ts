/**
 * The executor: the process that runs one service's scripts. Started by the node, it connects to the node's socket,
 * drops its permissions, loads the scripts and answers calls until the node closes the link. It must never know
 * callers, client names, or other services.
 */
import { Channel } from "../../channel/channel.ts";
import { Uint32Map } from "../../channel/uint32_map.ts";
import type { TraceContext } from "../../context/mod.ts";
import { messageOf } from "../../errors/mod.ts";
import { connectUnix } from "../../transport/unix.ts";
import { encodeJson } from "../../encoding/json_body.ts";
import { decodeUtf8 } from "../../encoding/utf8.ts";
import { FrameKind } from "../../protocol/frame.ts";
import { fullLimits, type ServicePermissions } from "../../manifest/service_settings.ts";
import { sendPayload } from "../../types/payload.ts";
import { CallQueue } from "./_call_queue.ts";
import { type Print, replaceConsole, reportUncaught } from "./_console.ts";
import { currentCall, runFor } from "./_current_call.ts";
import type { Granted } from "./_granted_api.ts";
import {
  giveUpAfterLoading,
  giveUpBeforeLoading,
  netPermissions,
  ownFiles,
  readablePaths,
} from "../permissions.ts";
import { ProgressWriter } from "../progress.ts";
import { closeGlobalScope, lockGlobalScope, openForExit } from "./_globals.ts";
import { collectYoung, left } from "./_minor_collections.ts";
import { OutgoingCalls } from "./_outgoing_calls.ts";
import { RunningCall } from "./_running_call.ts";
import { type ScriptOutcome, Scripts } from "./_scripts.ts";
import { type ConsoleLine, type LinkException, type LoadBody, pongRoute } from "../link.ts";

/**
 * Runs the executor of a compiled farcall: in this process if nothing was granted to the service, else in a worker with
 * exactly the grants; see `granted_worker.ts`.
 *
 * @param granted The granted permissions, as JSON.
 */
export async function runCompiledExecutor(socketPath: string, granted: string): Promise<void> {
  const permissions: ServicePermissions = JSON.parse(granted);
  if (Object.keys(permissions).length === 0) return await runExecutor(socketPath);
  const options = {
    type: "module",
    deno: {
      permissions: {
        net: netPermissions(socketPath, permissions.net ?? []),
        read: [...ownFiles(socketPath), ...readablePaths(permissions)],
        write: [...ownFiles(socketPath), ...permissions.write ?? []],
        env: permissions.env ?? false,
        sys: permissions.sys ?? false,
        run: false,
        ffi: false,
        import: false,
      },
    },
  } as WorkerOptions;
  // Beside this module in the executable: see tools/compile.ts.
  const worker = new Worker(import.meta.resolve("./granted_worker.js"), options);
  worker.onmessage = ({ data }) => Deno.exit(data);
  worker.postMessage(socketPath);
}

const { freeze } = Object;
const { timeOrigin } = performance;

/** In milliseconds of UNIX time. */
function epochMs(): number {
  return timeOrigin + performance.now();
}

/** Differences between the ways to run an executor. */
export interface ExecutorOptions {
  /** Ends the process; default: `Deno.exit`. */
  readonly exitBy?: (code: number) => void;
  /** Loads the granted API; most services have no grants and need not load it. Default: none. */
  readonly grantedApi?: (granted: ServicePermissions) => Granted;
}

/** Runs the executor at the other end of the node's socket until the node closes the link. */
export async function runExecutor(
  socketPath: string,
  { exitBy = Deno.exit, grantedApi = () => ({ globals: {}, hidden: [] }) }: ExecutorOptions = {},
): Promise<void> {
  const exit = (code: number): void => {
    openForExit();
    exitBy(code);
  };
  // After its first timer, the runtime would exit on these signals; the node decides what they mean for its executors.
  for (const signal of ["SIGHUP", "SIGINT"] as const) Deno.addSignalListener(signal, () => {});
  const permissions = Deno.permissions;
  const standardError = Deno.stderr;
  const progress = new ProgressWriter(socketPath);
  const channel = new Channel(await connectUnix(socketPath), { queuedBytesMax: Infinity });
  const scripts = new Scripts();
  const running = new Uint32Map<RunningCall>();
  let resultBytesMax = 0;
  let outgoing: OutgoingCalls | undefined;

  const log: Print = (level, text, place) => {
    const line: ConsoleLine = { level, text, call: currentCall(), place };
    channel.send(FrameKind.console, 0, 0, encodeJson(line));
  };
  const die = (code: number, error: unknown): void => {
    try {
      standardError.writeSync(new TextEncoder().encode(`${messageOf(error)}\n`));
    } finally {
      exit(code);
    }
  };
  const answer = (call: number, outcome: ScriptOutcome): void => {
    const answered = running.take(call);
    if (answered === undefined) return;
    answered.streams?.over();
    if (answered.beganMs !== undefined) {
      const timing = { startMs: answered.beganMs, endMs: epochMs() };
      channel.send(FrameKind.timing, 0, call, encodeJson(timing));
    }
    answered.over();
    if (!(outcome instanceof Uint8Array)) {
      channel.send(FrameKind.exception, 0, call, encodeJson(outcome));
    } else if (outcome.length <= resultBytesMax) {
      sendPayload(outcome, (payload) => channel.send(FrameKind.result, 0, call, payload));
      if (left(outcome.length)) channel.flushed().then(collectYoung);
    } else {
      const message = `the result has ${outcome.length} bytes, ` +
        `${resultBytesMax} are allowed (its service's limits: result)`;
      const exception: LinkException = { type: "Message Too Large", message };
      channel.send(FrameKind.exception, 0, call, encodeJson(exception));
    }
  };
  /** Of the next call. */
  let trace: TraceContext | undefined;
  const begin = (call: number, overload: number): void => {
    const signature = scripts.signatureOf(overload);
    const parts = { channel, itemBytesMax: resultBytesMax, outgoing, trace };
    running.set(call, new RunningCall(call, signature, parts));
    trace = undefined;
  };
  const queue = new CallQueue(channel, (call, overload, payload, nowMs) => {
    if (!progress.begins(call, overload, nowMs)) return exit(72);
    // If it spins, earlier replies must not wait for it. Quick functions are not worth a write each.
    if (!progress.isQuick(overload)) channel.flush();
    const onStream = () => channel.send(FrameKind.open, 0, call);
    const run = running.get(call)!;
    if (run.isRecorded) run.beganMs = epochMs();
    left(payload.length);
    const outcome = runFor(call, () => scripts.run(overload, payload, run, onStream));
    if (!(outcome instanceof Promise)) return answer(call, outcome);
    progress.yields();
    outcome.then((settled) => answer(call, settled));
  }, (overload) => progress.isQuick(overload));
  const answerPing = (ping: number): void => {
    const { read, queueAhead, turn } = pongRoute;
    channel.send(FrameKind.pong, queue.isWaiting ? queueAhead : read, ping);
    if (queue.isWaiting) queue.whenTurn(() => channel.send(FrameKind.pong, turn, ping));
  };
  const load = async (body: LoadBody): Promise<void> => {
    const granted = body.permissions ?? {};
    const start = { socketPath, servicesFolder: body.servicesFolder };
    const { globals, hidden } = grantedApi(granted);
    giveUpBeforeLoading(permissions, granted, start);
    const serviceLimits = fullLimits(body.limits);
    resultBytesMax = serviceLimits.resultBytesMax;
    const { targets = [] } = body;
    if (targets.length > 0) outgoing = new OutgoingCalls(channel, targets, resultBytesMax);
    const print = replaceConsole(log, { linesPerSecondMax: serviceLimits.logLinesPerSecondMax });
    lockGlobalScope({ granted: globals, hidden, ...reportUncaught(print) });
    const ready = await scripts.load(body, (overload) => {
      channel.send(FrameKind.load, overload, 0);
      return channel.flushed();
    });
    closeGlobalScope();
    giveUpAfterLoading(permissions, granted, start);
    channel.send(FrameKind.ready, 0, 0, encodeJson(ready));
  };

  const reading = channel.run((kind, route, call, body) => {
    switch (kind) {
      case FrameKind.call:
        begin(call, route);
        queue.add(call, route, body);
        return;
      case FrameKind.item:
      case FrameKind.end:
      case FrameKind.credit:
        running.get(call)?.streams?.take({ kind, stream: route, body });
        return;
      case FrameKind.cancel:
        queue.remove(call);
        running.take(call)?.cancel();
        return;
      case FrameKind.trace:
        trace = freeze(JSON.parse(decodeUtf8(body, 0, body.length)));
        return;
      case FrameKind.scriptResult:
        return outgoing?.result(call, body);
      case FrameKind.scriptException:
        return outgoing?.exception(call, body);
      case FrameKind.scriptOpen:
        return outgoing?.opened(call);
      case FrameKind.scriptItem:
      case FrameKind.scriptCredit:
        return outgoing?.stream(call, { kind, stream: route }, body);
      case FrameKind.ping:
        answerPing(call);
        return;
      case FrameKind.load:
        // Failures here are not a script's: the node sees the process exit, with its standard error.
        load(JSON.parse(new TextDecoder().decode(body))).catch((error) => die(70, error));
        return;
      default:
        exit(71);
    }
  });
  try {
    await reading;
  } catch (error) {
    // A closed link is not a defect; anything else would go unnoticed.
    if (!hasHungUp(error)) die(74, error);
  }
  exit(0);
}

function hasHungUp(error: unknown): boolean {
  // By name: once scripts run, `Deno` is gone.
  return error instanceof Error && ["ConnectionReset", "BrokenPipe"].includes(error.name);
}

if (import.meta.main) await runExecutor(Deno.args[0]!);
