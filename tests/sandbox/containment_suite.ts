/** Harm that a script does to its own process costs its service the calls in flight, and no other service anything. */
import assert from "node:assert/strict";
import { NodeConnection } from "../../lib/client/mod.ts";
import { RpcException } from "../../lib/errors/mod.ts";
import { FileStore } from "../../lib/store/mod.ts";
import { Cli, type MakeProgram } from "../_support/commands/cli.ts";
import { Project } from "../_support/nodes/fleet.ts";
import { manifestOf, TestConnection, type TestOverload } from "../_support/nodes/node.ts";
import { type Hazard, hazards } from "./_hazards.ts";

const MiB = 1024 * 1024;
/** Minimum calls of the bystander while a hazard lasts. */
const bystanderCallsMin = 50;
const text = { returns: ["str"] };

/** Identifies its process, and its instance within it. */
const who = "const id = crypto.randomUUID();\nexport const who = () => id;";
const wait =
  "export const wait = (ms) => new Promise((done) => setTimeout(() => done('waited'), ms));";

interface Outcome {
  readonly value?: unknown;
  readonly error?: unknown;
}

/** Registers the tests of one way to run farcall. */
export function containmentSuite(name: string, make: MakeProgram): void {
  Deno.test(`what a script does to its process costs its own service only, ${name}`, async (t) => {
    await using program = await make();
    await using project = await Project.create();
    const root = project.path("root");
    await prepare(root);
    const args = ["--port", "0", "--root", root, "--log-format", "json"];
    await using node = await new Cli(program).serve(args);
    const { host, port } = node;
    await using connection = new TestConnection(await NodeConnection.open({ host, port }));
    await using others = new TestConnection(await NodeConnection.open({ host, port }));

    for (const hazard of hazards) {
      await t.step(hazard.name, async () => {
        const before = await whoAnswers(connection);
        const loggedBefore = node.process.stderr.text.length;
        const { rpc, isKilled } = hazard;
        const waitMs = hazard.companionsWaitMs ?? (isKilled === true ? 60_000 : 30);
        const options = {
          returns: [hazard.returns ?? "str"],
          timeoutMs: hazard.timeoutMs ?? 120_000,
        };
        const companions = [1, 2].map(() =>
          outcomeOf(connection.call("victim.wait", [waitMs], {
            args: ["int"],
            ...text,
          }))
        );
        let isOver = false;
        const hit = outcomeOf(connection.call(`victim.${rpc}`, [], options)).then(
          async (outcome) => {
            for (const each of companions) await each;
            isOver = true;
            return outcome;
          },
        );
        const calls = await useBystander(others, () => isOver);
        check(hazard, await hit);
        for (const each of companions) checkCompanion(hazard, await each);
        assert.ok(calls >= bystanderCallsMin);
        await node.process.stderr.until(logOf(hazard, rpc), loggedBefore);
        const after = await whoAnswers(connection);
        if (isKilled !== undefined) assert.equal(before !== after, isKilled);
      });
    }
    await t.step("the other service kept its process, and had no error", () => {
      const lines = node.process.stderr.text.trimEnd().split("\n");
      const records = lines.map((line) => JSON.parse(line));
      const ofBystander = records.filter(({ service }) => service === "bystander");
      const started = ofBystander.filter(({ event }) => event === "executor.started");
      assert.equal(started.length, 1);
      assert.deepEqual(ofBystander.filter(({ level }) => /warn|error/.test(level)), []);
      const printed = records.filter(({ event }) => event === "script.console");
      assert.ok(printed.length < 20_000, `${printed.length} lines of floods`);
      // A machine too busy for a flood prints fewer lines than are kept.
      const isCut = printed.some(({ text }) => /^\d+ more .*\blogged\b/.test(text));
      assert.ok(isCut || printed.length < 2_000, `${printed.length} lines, none left out`);
    });
  });
}

async function prepare(root: string): Promise<void> {
  const rpcs: Record<string, TestOverload> = {
    who: { returns: ["str"], source: who },
    wait: { args: ["int"], returns: ["str"], source: wait },
  };
  for (const hazard of hazards) {
    rpcs[hazard.rpc] = { returns: [hazard.returns ?? "str"], source: hazard.source };
  }
  const add = {
    args: ["int", "int"],
    returns: ["int"],
    source: "export const add = (a, b) => a + b;",
  };
  const { manifest, scripts } = await manifestOf({
    services: { victim: { rpcs }, bystander: { rpcs: { add } } },
  });
  const limits = { memoryBytes: 256 * MiB, heapBytes: 48 * MiB };
  const services = manifest.services.map((service) =>
    service.name === "victim" ? { ...service, limits } : service
  );
  await using store = await FileStore.open(root);
  for (const bytes of scripts.values()) await store.putScript(bytes);
  await (await store.prepare({ ...manifest, services })).commit();
}

function outcomeOf(call: Promise<unknown>): Promise<Outcome> {
  return call.then((value) => ({ value }), (error) => ({ error }));
}

/** The replying process, once one replies: a service that lost its process recovers by itself. */
async function whoAnswers(connection: TestConnection): Promise<unknown> {
  let last: Outcome = {};
  // Each attempt waits for a reply or an exception; the first one detects a hanging process.
  for (let attempt = 0; attempt < 20; attempt++) {
    last = await outcomeOf(connection.call("victim.who", [], { ...text, timeoutMs: 2000 }));
    if (last.error === undefined) return last.value;
  }
  throw new Error("the service did not come back", { cause: last.error });
}

/** Calls it until the hazard is over, and often enough. @returns The number of calls. */
async function useBystander(connection: TestConnection, isOver: () => boolean): Promise<number> {
  let calls = 0;
  while (calls < bystanderCallsMin || !isOver()) {
    const answers = Array.from(
      { length: 10 },
      (_, index) =>
        connection.call("bystander.add", [calls, index], {
          args: ["int", "int"],
          returns: ["int"],
        }),
    );
    for (const [index, answer] of answers.entries()) assert.equal(await answer, calls + index);
    calls += answers.length;
    // The hazard needs the processor.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return calls;
}

function check({ expected }: Hazard, { value, error }: Outcome): void {
  if ("value" in expected) {
    assert.equal(error, undefined);
    assert.equal(value, expected.value);
    return;
  }
  assert.ok(error instanceof RpcException, Deno.inspect({ value, error }));
  assert.match(`${error.code}: ${error.message}`, expected.exception);
}

function checkCompanion(hazard: Hazard, { value, error }: Outcome): void {
  const isKilled = hazard.companionsWaitMs === undefined ? hazard.isKilled : false;
  if (error === undefined && isKilled !== true) return assert.equal(value, "waited");
  assert.ok(isKilled !== false && error instanceof RpcException, Deno.inspect({ value, error }));
  assert.equal(error.code, "Execution Exception");
}

/** The log has a record with the hazard's rpc and its script. */
function logOf({ logs }: Hazard, rpc: string): RegExp {
  if (logs !== undefined) return logs;
  return new RegExp(
    `"rpc":"${rpc}"[^\\n]*"script":"[0-9a-f]{12}|"script":"[0-9a-f]{12}"[^\\n]*"rpc":"${rpc}"|` +
      `"inFlight":"[^"]*${rpc} \\(script [0-9a-f]{12}\\)`,
  );
}
