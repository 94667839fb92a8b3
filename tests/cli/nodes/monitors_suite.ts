/** Health and metrics of a node that is started as a process, for every way to run it. */
import assert from "node:assert/strict";
import { Cli, type MakeProgram } from "../../_support/commands/cli.ts";
import { Fleet } from "../../_support/nodes/fleet.ts";
import { mentions } from "../../_support/mentions.ts";

async function get(address: string, path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://${address}${path}`);
  return { status: response.status, text: await response.text() };
}

/** Registers the tests of one way to run farcall. */
export function monitorsSuite(name: string, make: MakeProgram): void {
  Deno.test(`monitors ask a node at its port, or at one of their own, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using fleet = await Fleet.start(cli, ["--metrics-allow", "10.0.0.0/8"]);
    await t.step("before and after the first deployment", async () => {
      assert.deepEqual(await get(fleet.s1.address, "/healthz"), { status: 200, text: "ok\n" });
      assert.equal((await get(fleet.s1.address, "/readyz")).status, 503);
      await fleet.succeed(["init"]);
      assert.deepEqual(await get(fleet.s1.address, "/readyz"), { status: 200, text: "ready\n" });
    });
    await t.step("calls are counted", async () => {
      await fleet.succeed(["call", "math.add", "2", "3", "--server", "s1", "--as", "c2"]);
      const { text } = await get(fleet.s1.address, "/metrics");
      const ok = 'farcall_calls_total{service="math",rpc="add",client="c2",outcome="ok"} 1\n';
      assert.ok(text.includes(ok), text);
      assert.match(text, /\nprocess_resident_memory_bytes \d{7}/);
      assert.match(text, /\nfarcall_connections\{framing="http"\} 1\n/);
    });
    await t.step("the log has no trace of it", () => {
      assert.doesNotMatch(fleet.s1.process.stderr.text, /connection\.http/);
    });

    await using own = await cli.serve(["--port", "0", "--metrics-port", "0", "--root", "own"], {
      cwd: fleet.project.folder,
    });
    const port = /\bmetrics\b.*\bport (\d+)/.exec(own.readyLine)?.[1];
    assert.ok(port, own.readyLine);
    const monitors = `127.0.0.1:${port}`;
    await t.step("a separate port serves them alone, and the node's own does not", async () => {
      assert.equal((await get(monitors, "/healthz")).status, 200);
      assert.equal((await get(monitors, "/metrics")).status, 200);
      const openapi = await get(monitors, "/openapi.json");
      assert.equal(openapi.status, 404);
      assert.match(openapi.text, /\bmonitors\b/);
      assert.equal((await get(own.address, "/metrics")).status, 404);
      const { code, stderr } = await cli.run(["call", "--server", monitors]);
      assert.notEqual(code, 0);
      assert.match(stderr, mentions(monitors, /\bmonitors\b/));
    });
    await t.step("a stopping node ends both", async () => {
      assert.equal((await own.stop()).code, 0);
      await assert.rejects(get(monitors, "/healthz"));
    });
  });

  Deno.test(`a malformed address or port for monitors is refused, ${name}`, async () => {
    await using program = await make();
    const cli = new Cli(program);
    const bad = [
      ["--metrics-allow", "prometheus.example.com"],
      ["--metrics-allow", "localhost"],
      ["--metrics-allow", "10.0.0.0/33"],
      ["--metrics-port", "99999"],
      ["--metrics-port", ""],
    ];
    for (const args of bad) {
      const stderr = await cli.fail(2, ["serve", "--port", "0", ...args]);
      assert.match(
        stderr,
        mentions(/\bmetrics\b|\bport\b|--metrics/, args[1] === "" ? "empty" : `"${args[1]}"`),
      );
    }
  });
}
