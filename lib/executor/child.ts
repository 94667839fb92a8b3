/**
 * The executor: the process that runs one service's scripts. It is started by the node, connects to the
 * node's socket, gives up what it may do, loads the scripts and answers calls until the node hangs up.
 *
 * It must never know of callers, names of clients, or any other service.
 */
import { Channel } from "../channel/mod.ts";
import { messageOf } from "../errors/mod.ts";
import { connectUnix } from "../transport/mod.ts";
import { encodeJson, FrameKind } from "../wire/mod.ts";
import { CallQueue } from "./_call_queue.ts";
import { replaceConsole } from "./_console.ts";
import { giveUpPermissions, scrubGlobalScope } from "./_sandbox.ts";
import { type Outcome, Scripts } from "./_scripts.ts";
import type { ConsoleLine, Load } from "./link.ts";

/** Runs the executor at the other end of the node's socket. Ends the process when the node hangs up. */
export async function runExecutor(socketPath: string): Promise<never> {
  const permissions = Deno.permissions;
  const exit: (code: number) => never = Deno.exit;
  const standardError = Deno.stderr;
  const channel = new Channel(await connectUnix(socketPath));
  const scripts = new Scripts();
  const running = new Set<number>();
  let current: number | undefined;

  const log = (level: ConsoleLine["level"], text: string): void => {
    const call = current ?? (running.size === 1 ? running.values().next().value : undefined);
    const line: ConsoleLine = { level, text, call };
    channel.send(FrameKind.console, 0, 0, encodeJson(line));
  };
  const answer = (call: number, outcome: Outcome): void => {
    if (!running.delete(call)) return;
    if (outcome instanceof Uint8Array) channel.send(FrameKind.result, 0, call, outcome);
    else channel.send(FrameKind.exception, 0, call, encodeJson(outcome));
  };
  const queue = new CallQueue((call, overload, payload) => {
    current = call;
    const outcome = scripts.run(overload, payload);
    current = undefined;
    if (outcome instanceof Promise) outcome.then((settled) => answer(call, settled));
    else answer(call, outcome);
  });
  const load = async (body: Load): Promise<void> => {
    giveUpPermissions(permissions, ["read"]);
    replaceConsole(log);
    keepGoingAfterErrors(log);
    scrubGlobalScope();
    const ready = await scripts.load(body);
    giveUpPermissions(permissions);
    channel.send(FrameKind.ready, 0, 0, encodeJson(ready));
  };

  const reading = channel.run((kind, route, call, body) => {
    switch (kind) {
      case FrameKind.call:
        running.add(call);
        queue.add(call, route, body);
        return;
      case FrameKind.cancel:
        running.delete(call);
        queue.remove(call);
        return;
      case FrameKind.ping:
        channel.send(FrameKind.pong, 0, call);
        return;
      case FrameKind.load:
        // What fails here is no script: the node sees the process exit, with its last words.
        load(JSON.parse(new TextDecoder().decode(body))).catch((error) => {
          standardError.writeSync(new TextEncoder().encode(`${messageOf(error)}\n`));
          exit(70);
        });
        return;
      default:
        exit(71);
    }
  });
  await reading.catch(() => {});
  exit(0);
}

/** What a script throws or rejects after its reply is a line in the log, not the end of the executor. */
function keepGoingAfterErrors(log: (level: ConsoleLine["level"], text: string) => void): void {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    log("error", `a promise was rejected and nobody handled it: ${textOf(event.reason)}`);
  });
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    log("error", `an error was thrown and nobody caught it: ${textOf(event.error)}`);
  });
}

function textOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown);
  } catch {
    return "something that cannot be shown";
  }
}

if (import.meta.main) await runExecutor(Deno.args[0]);
