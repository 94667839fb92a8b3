/** The scripts of an executor: loads them, and runs one call. */
import { FarcallError, messageOf, toException } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import { type CompiledSignature, compileSignature } from "../../types/signature.ts";
import { formatSignature } from "../../types/signature_text.ts";
import { bigIntHint } from "../bigint_hint.ts";
import { noValues, sourceOf } from "../function_streams.ts";
import type { RunningCall } from "./_running_call.ts";
import { missingApiHint } from "./_missing_api.ts";
import { forgetAddedGlobals } from "./_globals.ts";
import { ownOf, shortened, stackOf, thrownTextWithCauses } from "../thrown.ts";
import {
  type LinkException,
  linkException,
  type Load,
  type LoadedOverload,
  type LoadProblem,
  type Ready,
} from "../link.ts";

type ScriptFunction = (...args: unknown[]) => unknown;

/** One overload, ready to run. */
interface Runnable {
  readonly signature: CompiledSignature;
  readonly run: ScriptFunction;
}

const { apply } = Reflect;

/** The outcome of a call: a payload, or an error. */
export type ScriptOutcome = Uint8Array<ArrayBuffer> | LinkException;

/** The overloads of one service, in the order of the `load` frame. */
export class Scripts {
  readonly #overloads: (Runnable | undefined)[] = [];

  /**
   * Imports every script and finds its function. Reports what could not be loaded; never throws.
   *
   * @param announce Called with the next overload, and awaited: a script may never yield again.
   */
  async load(load: Load, announce: (overload: number) => Promise<void>): Promise<Ready> {
    const problems: LoadProblem[] = [];
    for (const [index, overload] of load.overloads.entries()) {
      await announce(index);
      try {
        const signature = compileSignature({ args: overload.args, returns: overload.returns });
        this.#overloads.push({ signature, run: await importFunction(overload) });
      } catch (error) {
        this.#overloads.push(undefined);
        if (problems.length >= limits.loadProblemsMax) continue;
        const name = formatSignature(overload.rpc, overload);
        problems.push({
          overload: index,
          message: `${name}: ${thrownTextWithCauses(error)}`,
          stack: stackOf(error)?.slice(0, limits.loadStackLengthMax),
        });
      }
    }
    return { problems };
  }

  /** The signature of an overload; undefined if it is not loaded. */
  signatureOf(index: number): CompiledSignature | undefined {
    return this.#overloads[index]?.signature;
  }

  /**
   * Runs one call. The outcome is returned directly if the script returns synchronously, else as a promise that never
   * rejects.
   *
   * @param onStream Called when the script has begun to return a stream.
   */
  run(
    index: number,
    payload: Uint8Array,
    call: RunningCall,
    onStream: () => void,
  ): ScriptOutcome | Promise<ScriptOutcome> {
    const overload = this.#overloads[index];
    if (overload === undefined) {
      return { type: "Internal Error", message: `overload ${index} is not loaded` };
    }
    const { signature, run } = overload;
    let values: unknown[] = [];
    try {
      values = signature.decodeArguments(payload);
      call.streams?.fill(values);
      const returned = apply(run, call.context, values);
      if (signature.resultStream !== undefined) {
        return streamed(signature, returned, call, { values, onStream });
      }
      return isThenable(returned)
        ? settled(signature, returned, values)
        : signature.encodeResult(returned);
    } catch (error) {
      return failure(error, values);
    }
  }
}

/**
 * The outcome of an asynchronous result. `await` instead of `then`, which may be the script's own even on a promise,
 * and must never produce an outcome.
 */
async function settled(
  signature: CompiledSignature,
  returned: PromiseLike<unknown>,
  values: readonly unknown[],
): Promise<ScriptOutcome> {
  try {
    return signature.encodeResult(await returned);
  } catch (error) {
    return failure(error, values);
  }
}

/** Sends the items of a returned stream. The outcome has no value. */
async function streamed(
  signature: CompiledSignature,
  returned: unknown,
  call: RunningCall,
  { values, onStream }: { values: readonly unknown[]; onStream: () => void },
): Promise<ScriptOutcome> {
  try {
    const source = sourceOf(await returned, signature);
    onStream();
    await call.streams!.outbound!.pump(source);
    return noValues;
  } catch (error) {
    return failure(error, values);
  }
}

async function importFunction(overload: LoadedOverload): Promise<ScriptFunction> {
  const exports: Record<string, unknown> = await import(overload.url);
  forgetAddedGlobals();
  const found = Object.hasOwn(exports, overload.rpc) ? exports[overload.rpc] : exports.default;
  if (typeof found === "function") return found as ScriptFunction;
  throw new Error(
    found === undefined
      ? `the script exports no function "${overload.rpc}" and has no default export`
      : `the script exports a ${typeof found} where a function is expected`,
  );
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null &&
    typeof (value as { then?: unknown }).then === "function";
}

/**
 * Classifies a thrown value: our own exceptions stay as they are, anything else is the script's. Never throws.
 *
 * @param values The arguments of the function that threw.
 */
function failure(thrownByScript: unknown, values: readonly unknown[]): LinkException {
  const thrown = ownOf(thrownByScript) ?? thrownByScript;
  if (isOurs(thrown)) {
    const { code, message } = toException(thrown);
    return linkException(code, message);
  }
  return {
    type: "Execution Exception",
    message: shortened(notGranted(thrown) ?? withHint(thrown, values)),
    stack: stackOf(thrown),
  };
}

/** The text of a thrown value, with a hint at the missing permission or the unexpected argument. */
function withHint(thrown: unknown, values: readonly unknown[]): string {
  const text = thrownTextWithCauses(thrown);
  if (!isOfClass(thrown, TypeError) && !isOfClass(thrown, ReferenceError)) return text;
  const hint = missingApiHint(messageOf(thrown)) ?? bigIntHint(thrown, values);
  return hint === undefined ? text : `${text}; ${hint}`;
}

/**
 * Rewrites the runtime's message about a missing permission for users of farcall: the runtime's advice, to run again
 * with a flag, is useless to them.
 */
function notGranted(thrown: unknown): string | undefined {
  try {
    const { name, message } = thrown as Error;
    if (!(thrown instanceof Error) || name !== "NotCapable") return undefined;
    const match = /^Requires (\w+) access(?: to (.+?))?, (?:run again|specify)/s.exec(message);
    if (match === null) return undefined;
    const [, kind, what] = match;
    return `the service has no ${kind} access${what === undefined ? "" : ` to ${what}`}; ` +
      "add it under permissions: in init.yaml, and have the node's operator grant it with " +
      "farcall serve --grant";
  } catch {
    return undefined;
  }
}

function isOurs(thrown: unknown): thrown is FarcallError {
  return isOfClass(thrown, FarcallError);
}

// deno-lint-ignore no-explicit-any -- Classes are compared, never instantiated.
function isOfClass(thrown: unknown, errorClass: abstract new (...args: any[]) => Error): boolean {
  try {
    return thrown instanceof errorClass;
  } catch {
    return false; // A proxy whose traps throw.
  }
}
