/** Failures of the streams of a program's functions. */
import assert from "node:assert/strict";
import { connect, currentCall, type Farcall, rpc, serve, service } from "../../mod.ts";
import { mentions } from "../_support/mentions.ts";
import { until } from "../_support/nodes/processes.ts";

/** A node with failing streams, a caller, and a record of what its functions saw. */
async function start(): Promise<
  { caller: Farcall; address: string; told: string[] } & AsyncDisposable
> {
  const told: string[] = [];
  const stack = new AsyncDisposableStack();
  const node = stack.use(
    await serve({
      port: 0,
      log: "silent",
      services: {
        flows: {
          sum: rpc(["Stream[int]", "int"], ["int"], async (values, start) => {
            let sum = start;
            for await (const value of values) sum += value;
            return sum;
          }),
          fails: rpc([], ["Stream[int]"], async function* () {
            yield await Promise.resolve(1);
            throw new Error("no more");
          }),
          lies: rpc([], ["Stream[int]"], () => [1, "two" as unknown as number]),
          none: rpc([], ["Stream[int]"], () => 7 as never),
          hang: rpc([], ["Stream[int]"], async function* () {
            yield 1;
            const { signal } = currentCall()!;
            await new Promise((done) => signal.addEventListener("abort", done));
            told.push((signal.reason as { code: string }).code);
          }),
          late: rpc(["Stream[int]"], ["str"], async (values) => {
            try {
              for await (const _ of values);
              return "all";
            } catch (error) {
              told.push(String(error));
              throw error;
            }
          }),
        },
        small: service({ long: rpc([], ["Stream[str]"], () => ["x".repeat(100)]) }, {
          limits: { resultBytesMax: 50 },
        }),
      },
    }),
  );
  const caller = stack.use(await connect(node.address));
  return {
    caller,
    address: node.address,
    told,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function all(stream: unknown): Promise<unknown[]> {
  return await Array.fromAsync(stream as AsyncIterable<unknown>);
}

Deno.test("an error midway arrives after the items, as an exception", async () => {
  await using program = await start();
  const taken: unknown[] = [];
  const failure = async (service: string, name: string) => {
    try {
      for await (const item of await program.caller.call(service, name) as AsyncIterable<unknown>) {
        taken.push(item);
      }
    } catch (error) {
      const { code, message } = error as { code: string; message: string };
      return `${code}: ${message}`;
    }
  };
  assert.equal(await failure("flows", "fails"), "Execution Exception: no more");
  assert.deepEqual(taken, [1]);
  assert.equal(
    await failure("flows", "lies"),
    'Execution Exception: yielded "two" as item 2, but declares Stream[int]',
  );
  assert.match(
    await failure("flows", "none") ?? "",
    mentions(/^Execution Exception: .*\b7\b/),
  );
  assert.match(
    await failure("small", "long") ?? "",
    mentions(/^Message Too Large: .*\d+ bytes, 50 /),
  );
});

Deno.test("an item that does not fit is the caller's mistake", async () => {
  await using program = await start();
  await assert.rejects(
    program.caller.call("flows", "sum", [[1, "two"], 0], { types: ["Stream[int]", "int"] }),
    { code: "Invalid Arguments" },
  );
});

Deno.test("a deadline ends a stream, and signals its function", async () => {
  await using program = await start();
  const stream = await program.caller.call("flows", "hang", [], { timeoutMs: 1500 });
  await assert.rejects(all(stream), { code: "Deadline Exceeded" });
  await until(() => program.told.length === 1, "the function to be told");
});

Deno.test("a caller that disconnects ends the streams that it sends", async () => {
  await using program = await start();
  const leaving = await connect(program.address);
  const begun = Promise.withResolvers<void>();
  const call = leaving.call("flows", "late", [(async function* () {
    yield 1;
    begun.resolve();
    await new Promise(() => {});
  })()]).catch(() => {});
  await begun.promise;
  await leaving.close();
  await call;
  await until(() => program.told.length === 1, "the function to be told");
  assert.match(program.told[0], /^AbortError: /);
});
