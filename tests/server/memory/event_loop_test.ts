/** However large one peer's input or result is, it never occupies the node's event loop for long. */
import assert from "node:assert/strict";
import { callLoads, deployLoads, largeDeployment } from "../../_support/large_loads.ts";
import { connectionTo, temporaryFolder, type TestConnection } from "../../_support/nodes/node.ts";

/**
 * Of processor time. The goal is 50 ms; fresh memory doubles it on a busy system. All of these took half a second or
 * more when the node did them itself.
 */
const heldMsMax = 150;
/** Other load makes the same work take longer at times. */
const attempts = 3;

/** A node in a process of its own that reports how long its event loop was blocked. */
class MeteredNode implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #asking: WritableStreamDefaultWriter<Uint8Array>;
  port = 0;

  constructor(root: string) {
    const main = new URL("../../_support/nodes/metered_serve.ts", import.meta.url).pathname;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "--allow-all", main, root],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#asking = this.#child.stdin.getWriter();
  }

  async ready(): Promise<this> {
    this.port = await this.#number();
    return this;
  }

  /** The longest block since the last request, in milliseconds. */
  async heldMs(): Promise<number> {
    await this.#asking.write(new TextEncoder().encode("?\n"));
    return await this.#number();
  }

  async #number(): Promise<number> {
    const { value } = await this.#lines.read();
    return Number(value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await this.#lines.cancel();
    await this.#asking.close().catch(() => {});
  }
}

Deno.test("no message blocks a node's event loop, however large", async (t) => {
  await using root = await temporaryFolder();
  await using node = await new MeteredNode(root.path).ready();
  await using bystander = await connectionTo(node.port);
  await bystander.deploy(largeDeployment);
  for (const { name, run, answer } of [...callLoads, ...deployLoads]) {
    await t.step(name, async () => {
      let heldMs = Infinity;
      for (let attempt = 0; attempt < attempts && heldMs > heldMsMax; attempt++) {
        await node.heldMs();
        const [said, calls] = await beside(bystander, run(node.port));
        assert.match(said, answer);
        assert.ok(calls > 0, "the bystander was served");
        heldMs = await node.heldMs();
      }
      assert.ok(heldMs <= heldMsMax, `the event loop was held for ${heldMs} ms`);
    });
  }
});

/** Calls during a load. @returns The load's result, and the number of answered calls. */
async function beside(
  bystander: TestConnection,
  load: Promise<string>,
): Promise<[said: string, calls: number]> {
  let said: string | undefined;
  const over = load.then((answer) => said = answer);
  over.catch(() => {});
  let calls = 0;
  do {
    const types = { args: ["int", "int"], returns: ["int"] };
    assert.equal(await bystander.call("bystander.add", [2, 3], types), 5);
    calls += 1;
    await new Promise((resolve) => setTimeout(resolve, 5));
  } while (said === undefined && await isOpen(over));
  return [await over, calls];
}

/** Whether it has not failed so far. */
async function isOpen(over: Promise<unknown>): Promise<boolean> {
  return await Promise.race([over.then(() => true, () => false), Promise.resolve(true)]);
}
