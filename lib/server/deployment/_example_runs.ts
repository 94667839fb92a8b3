/** Checks before a commit: starts every new executor, and runs the examples. */
import { DeployRejected, messageOf } from "../../errors/mod.ts";
import { ExecutorStartError, type ServiceExecutor } from "../../executor/mod.ts";
import { type Limits, limits } from "../../limits/mod.ts";
import { type CompiledSignature, compileSignature } from "../../types/mod.ts";
import type { Manifest, ManifestExample, ManifestService } from "../../manifest/mod.ts";
import { parseJson, type Steps, stringifyJson } from "../../encoding/mod.ts";
import { prepareValues, resultOf } from "../../protocol/json/mod.ts";
import type { StackMapper } from "../calls/stack_mapper.ts";
import { callBuffered } from "../json/buffered_call.ts";

/** A service to check, because its executor or its examples are new. */
export interface ExampleRun {
  readonly service: ManifestService;
  readonly executor: ServiceExecutor;
  /** Whether its executor is new. */
  readonly isFresh: boolean;
}

/**
 * The services of a manifest to check: those with a new executor, or changed examples. One without rpcs has nothing to
 * run.
 *
 * @param live The running generation.
 */
export function* exampleRunsOf(
  live: Manifest,
  wanted: Manifest,
  executorOf: (service: ManifestService) => ServiceExecutor,
  fresh: readonly ServiceExecutor[],
): Steps<ExampleRun[]> {
  const before = new Map(live.services.map((service) => [service.name, service]));
  const areFresh = new Set(fresh);
  const trials: ExampleRun[] = [];
  for (const service of wanted.services) {
    const executor = executorOf(service);
    const isFresh = areFresh.has(executor) && service.overloads.length > 0;
    const isTried = isFresh || textOfExamples(before.get(service.name)) !== textOfExamples(service);
    if (isTried) trials.push({ service, executor, isFresh });
    yield;
  }
  return trials;
}

/**
 * Starts every new executor once, runs the examples, and stops all new executors beyond a bound.
 *
 * The first ones start together. Of the others, which may be thousands, as few are starting at once as leave a
 * processor to the node and its callers.
 *
 * @param options `atOnceMax`: how many are checked concurrently; `places`: maps script locations to sources;
 *   `isOver`: whether the deployment has ended.
 * @throws {DeployRejected} Names every service that cannot run, or the failed examples. If they take too long.
 */
export async function runExamples(
  trials: readonly ExampleRun[],
  { atOnceMax, places, bounds, isOver }: {
    readonly atOnceMax: number;
    readonly places: StackMapper;
    readonly bounds: Limits;
    readonly isOver: () => boolean;
  },
): Promise<void> {
  const problems: string[] = [];
  const failures: string[] = [];
  const untilMs = performance.now() + bounds.deploymentTimeoutMs;
  const starts = new Semaphore(Math.max(1, navigator.hardwareConcurrency - 1));
  let triedCount = 0;
  const left = trials.entries();
  const tryOnes = async (): Promise<void> => {
    for (const [index, { service, executor, isFresh }] of left) {
      if (isOver() || performance.now() > untilMs) return;
      triedCount++;
      try {
        if (isFresh) {
          const start = () => executor.prepare();
          await (index < bounds.executorsWarmMax ? start() : starts.run(start));
        }
        failures.push(...await failedExamples(service, executor, { places, bounds }));
        if (isFresh && index >= bounds.executorsWarmMax) await executor.rest();
      } catch (error) {
        problems.push(`${service.name}: ${await startFailure(error, places)}`);
      } finally {
        executor.endTrial();
      }
    }
  };
  await Promise.all(Array.from({ length: atOnceMax }, tryOnes));
  if (triedCount < trials.length && !isOver()) {
    throw new DeployRejected(
      `${triedCount} of ${trials.length} new or changed services were started and tried within ` +
        `${bounds.deploymentTimeoutMs / 1000} s; deploy fewer of them at once`,
    );
  }
  if (problems.length > 0) {
    throw new DeployRejected(`cannot be run: ${problems.sort().join("; ")}`);
  }
  if (failures.length === 0) return;
  const shown = failures.sort().slice(0, limits.examplesShownMax);
  const rest = failures.length - shown.length;
  throw new DeployRejected(
    `${failures.length === 1 ? "an example" : `${failures.length} examples`} failed: ` +
      shown.join("; ") + (rest > 0 ? `; … ${rest} more` : ""),
  );
}

/** Runs so many at once, in the order in which they come. */
class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(free: number) {
    this.#free = free;
  }

  async run(body: () => Promise<void>): Promise<void> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free--;
    try {
      await body();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}

/** Why an executor did not start, with the source location of each script that threw. */
async function startFailure(error: unknown, places: StackMapper): Promise<string> {
  if (!(error instanceof ExecutorStartError) || error.problems.length === 0) {
    return messageOf(error);
  }
  const told = error.problems.map(({ message, stack }) => thrownAt(message, stack, places));
  return (await Promise.all(told)).join("; ");
}

async function thrownAt(
  failure: string,
  stack: string | undefined,
  places: StackMapper,
): Promise<string> {
  const place = stack && await places.firstIn(stack);
  return place ? `${failure} (thrown at ${place})` : failure;
}

function textOfExamples(service: ManifestService | undefined): string {
  return JSON.stringify(service?.overloads.map(({ rpc, args, examples }) => [rpc, args, examples]));
}

async function failedExamples(
  service: ManifestService,
  executor: ServiceExecutor,
  { places, bounds }: { readonly places: StackMapper; readonly bounds: Limits },
): Promise<string[]> {
  const { exampleTimeoutMs, examplesTimeoutMs } = bounds;
  const untilMs = performance.now() + examplesTimeoutMs;
  const failures: string[] = [];
  for (const [index, overload] of service.overloads.entries()) {
    const { rpc, examples = [] } = overload;
    const signature = compileSignature(overload);
    for (const [place, example] of examples.entries()) {
      const leftMs = untilMs - performance.now();
      const timeoutMs = Math.min(exampleTimeoutMs, leftMs);
      const failure = leftMs <= 0
        ? `was not reached within ${examplesTimeoutMs / 1000} s`
        : await failureOf(executor, { index, signature, example, timeoutMs, places, bounds });
      if (failure === undefined) continue;
      const which = `example ${place + 1} of ${service.name}.${rpc}(${overload.args.join(", ")})`;
      failures.push(`${which}: ${rpc}(${shorten(example.args.slice(1, -1))}) ${failure}`);
    }
  }
  return failures;
}

/** Describes how an example failed; undefined if it passed. */
async function failureOf(
  executor: ServiceExecutor,
  { index, signature, example, timeoutMs, places, bounds }: {
    index: number;
    signature: CompiledSignature;
    example: ManifestExample;
    timeoutMs: number;
    places: StackMapper;
    bounds: Limits;
  },
): Promise<string | undefined> {
  const expected = example.returns === undefined
    ? undefined
    : signature.resultFromJson(parseJson(example.returns) as unknown[]);
  const expectation = example.returns === undefined
    ? `expected an exception that says ${JSON.stringify(example.throws)}`
    : `expected ${shorten(example.returns.slice(1, -1)) || "no value"}`;
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  let stackThrown: string | undefined;
  const values = signature.argumentsFromJson(parseJson(example.args) as unknown[]);
  callBuffered({ ...prepareValues({ signature }, values), bytesMax: bounds.messageBytesMax }, {
    result: (payload) => {
      const value = resultOf(signature, payload);
      if (example.returns !== undefined && isSame(value, expected)) return resolve(undefined);
      const got = signature.resultToJson(value).map(stringifyJson).join(", ");
      resolve(`returned ${shorten(got) || "no value"}, ${expectation}`);
    },
    exception: (type, message) => {
      const isExpected = type === "Execution Exception" && example.throws !== undefined &&
        message.includes(example.throws);
      if (isExpected) return resolve(undefined);
      if (type === "Deadline Exceeded") {
        return resolve(`did not answer within ${timeoutMs / 1000} s, ${expectation}`);
      }
      resolve(`threw ${JSON.stringify(shorten(message))}, ${expectation}`);
    },
  }, (payload, sink) =>
    executor.call(index, payload, timeoutMs, {
      ...sink,
      exception: (type, message, stack) => {
        stackThrown = stack;
        sink.exception(type, message);
      },
    }));
  const failure = await promise;
  return failure && await thrownAt(failure, stackThrown, places);
}

const shownLengthMax = 200;

function shorten(text: string): string {
  return text.length <= shownLengthMax ? text : `${text.slice(0, shownLengthMax)}…`;
}

/** Whether two values of one type are equal: NaN equals NaN, -0 differs from 0, the order of a Dict is ignored. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Uint8Array || Array.isArray(a)) {
    const [one, other] = [a, b] as [ArrayLike<unknown>, ArrayLike<unknown>];
    return one.length === other.length &&
      Array.prototype.every.call(one, (item, index) => isSame(item, other[index]));
  }
  const [one, other] = [a, b] as [Record<string, unknown>, Record<string, unknown>];
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && isSame(one[key], other[key]));
}
