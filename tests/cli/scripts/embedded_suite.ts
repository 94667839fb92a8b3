/** An embedded node, as seen by farcall's commands and other callers, for every way to run farcall. */
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { connect } from "../../../mod.ts";
import { Cli, type MakeProgram, repository, Running } from "../../_support/commands/cli.ts";
import { Project } from "../../_support/nodes/fleet.ts";
import { failure, lineWith } from "../../_support/mentions.ts";
import { readAll } from "../../transport/transport_suite.ts";
import { connectTcp } from "../../../lib/transport/mod.ts";

const source = `
import { currentCall, rpc, serve, service } from "${pathToFileURL(repository)}mod.ts";

let total = 0;
const node = await serve({
  port: 0,
  name: "till",
  clients: { c1: { ip: "127.0.0.1" }, c2: { ip: "127.0.0.1" } },
  services: {
    math: {
      add: [
        rpc(["int", "int"], ["int"], (a, b) => a + b, {
          description: "a sum",
          names: ["a", "b"],
          isIdempotent: true,
        }),
        rpc(["str", "str"], ["str"], (a, b) => a + b),
      ],
      divide: rpc(["int", "int"], ["int", "int"], (a, b) => {
        if (b === 0) throw new Error("divided by zero");
        return [Math.trunc(a / b), a % b];
      }),
    },
    till: service({
      take: rpc(["int"], ["int"], (amount) => total += amount),
      hang: rpc([], [], () => new Promise(() => {})),
      whoami: rpc([], ["str"], () => {
        console.log("asked by " + currentCall().client);
        return currentCall().client;
      }),
    }, { tenants: ["c2"], description: "what this program counts" }),
  },
});
console.log("at " + node.address);
Deno.addSignalListener("SIGTERM", () => node.stop());
await node.finished;
console.log("total " + total);
Deno.exit(0);
`;

/** Registers the tests of one way to run farcall. */
export function embeddedSuite(name: string, make: MakeProgram): void {
  Deno.test(`a node inside a program is a node to all callers, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create({ "program.ts": source });
    const flags = ["run", "--quiet", "--no-prompt", "--allow-net"];
    await using running = new Running(Deno.execPath(), [...flags, project.path("program.ts")]);
    const [, address] = await running.stdout.until(/^at (.*)\n/);
    const port = Number(address.split(":")[1]);
    const at = ["--server", address];
    const call = (...args: string[]) => cli.succeed(["call", ...args, ...at]);

    await t.step("call", async () => {
      assert.equal(await call("math.add", "2", "3"), "5");
      assert.equal(await call("math.add", "far", "call"), "farcall");
      assert.equal(await call("math.divide", "17", "5"), "3\n2");
      assert.equal(await call("till.take", "3", "--as", "c2"), "3");
      assert.equal(await call("till.take", "4"), "7");
      assert.match(
        await cli.fail(10, ["call", "math.divide", "1", "0", ...at]),
        failure("Execution Exception", /divided .*zero/),
      );
      assert.match(
        await cli.fail(14, ["call", "till.take", "1", "--as", "c1", ...at]),
        failure("Client Not Registered", '"till"', '"c1"'),
      );
      assert.match(
        await cli.fail(14, ["call", "till.take", "1", "--as", "x", ...at]),
        failure("Client Not Registered", '"x"'),
      );
      assert.match(
        await cli.fail(21, ["call", "till.hang", "--timeout", "100ms", ...at]),
        failure("Deadline Exceeded"),
      );
    });

    await t.step("call without arguments lists the services", async () => {
      assert.match(
        await cli.succeed(["call", ...at]),
        /^math\n {2}add\(a: int, b: int\) -> int +a sum\n[^]*\ntill {2}\w.*\n/,
      );
      assert.doesNotMatch(await cli.succeed(["call", "--as", "c1", ...at]), /till/);
      const { services: [{ overloads }] } = JSON.parse(
        await cli.succeed(["call", "--json", ...at]),
      );
      assert.deepEqual(
        overloads.map((each: { isIdempotent?: true }) => each.isIdempotent),
        [true, undefined, undefined],
      );
    });

    await t.step("explain", async () => {
      const said = await cli.succeed(["explain", "till.take", "1", ...at]);
      assert.match(said, lineWith(/^identity +c2: /, "127.0.0.1", "tenant", "till"));
      assert.match(said, /\nprovider +127\.0\.0\.1:\d+, embedded: script [0-9a-f]{12}\n/);
    });

    await t.step("types, and completion of its rpcs", async () => {
      assert.match(
        await cli.succeed(["types", ...at]),
        /\n {4}\/\*\* a sum \*\/\n {4}add\(a: number \| bigint, b: number \| bigint\): Promise<number>;/,
      );
      const line = `farcall call --server ${address} math.d`;
      assert.match(await cli.succeed(["complete", "--", line]), /^math\.divide/);
    });

    await t.step("status says that it is embedded", async () => {
      const [, row] = (await cli.succeed(["status", ...at])).split("\n")
        .map((line) => line.split(/ {2,}/));
      assert.deepEqual(row.slice(0, 4), ["till", address, "up", "embedded"]);
      const { nodes: [{ status }] } = JSON.parse(await cli.succeed(["status", ...at, "--json"]));
      assert.equal(status.isEmbedded, true);
      assert.deepEqual(
        status.services.map((
          { name, executors }: { name: string; executors: { state: string }[] },
        ) => [
          name,
          executors.map(({ state }) => state),
        ]),
        [["math", ["embedded"]], ["till", ["embedded"]]],
      );
      assert.equal(status.services[0].calls, 4);
    });

    await t.step("init changes nothing there, and says why", async () => {
      await project.write("services/twice.ts", "export const twice = (n: number) => 2 * n;\n");
      await project.write(
        "init.yaml",
        `network:
  servers: { till: { ip: 127.0.0.1, port: ${port} } }
  clients: { c1: { ip: 127.0.0.1 } }
services:
  math:
    providers: [till]
    tenants: [c1]
    rpcs: { twice: { args: [int], returns: [int], src: services/twice.ts } }
`,
      );
      const cwd = { cwd: project.folder };
      const refusal = failure("Deploy Rejected", "till", address, "services", "program");
      for (const args of [["init", "--dry-run"], ["init"]]) {
        assert.match(await cli.fail(22, args, cwd), refusal);
      }
      assert.match(await cli.fail(22, ["init", "--history"], cwd), refusal);
      const [titles, row] = (await cli.succeed(["status"], cwd)).split("\n")
        .map((line) => line.split(/ {2,}/));
      assert.deepEqual([titles[3], row[3]], ["GENERATION", "embedded"]);
    });

    await t.step("the library", async () => {
      await using farcall = await connect(address, { as: "c2" });
      assert.equal(await farcall.call("till", "whoami"), "c2");
      assert.equal(await farcall.service("math").add(2n ** 60n, 2n ** 60n), 2n ** 61n);
      // A function prints to the program's own console.
      await running.stdout.until(/ c2\n/);
    });

    await t.step("the original protocol", async () => {
      const request = {
        service: "math",
        rpc: "add",
        arguments: ["2", "3"],
        "argument-types": ["int", "int"],
      };
      const transport = await connectTcp("127.0.0.1", port, { timeoutMs: 60_000 });
      await transport.write(
        new TextEncoder().encode(
          JSON.stringify({ header: "RPC-REQ", value: { client: "c1", ...request } }),
        ),
      );
      const answer = new TextDecoder().decode(await readAll(transport));
      assert.match(
        answer,
        /^{"header":"RPC-RES","value":{"return-values":\["5"\],"script":"[0-9a-f]{64}"}}\n$/,
      );
      transport.close();
    });

    await t.step("HTTP, JSON-RPC and OpenAPI", async () => {
      const post = async (path: string, body: unknown) => {
        const response = await fetch(`http://${address}${path}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        });
        return [response.status, await response.json()];
      };
      assert.deepEqual(await post("/math/add", [2, 3]), [200, 5]);
      assert.deepEqual(await post("/math/add", { a: 2, b: 3 }), [200, 5]);
      assert.deepEqual(await post("/math/divide", [1, 0]), [500, {
        "exception-type": "Execution Exception",
        "exception-message": "divided by zero",
      }]);
      const rpc = { jsonrpc: "2.0", method: "math.divide", params: [17, 5], id: 1 };
      assert.deepEqual(await post("/rpc", rpc), [200, { jsonrpc: "2.0", result: [3, 2], id: 1 }]);
      const document = await (await fetch(`http://${address}/openapi.json`)).json();
      assert.equal(document.info.title, "farcall node till");
      assert.deepEqual(Object.keys(document.paths).slice(0, 2), ["/math/add", "/math/divide"]);
    });

    await t.step("it stops when its program says so; failures were logged", async () => {
      running.kill("SIGTERM");
      const { code, stdout, stderr } = await running.ended;
      assert.equal(code, 0, stderr);
      assert.match(stdout, /\ntotal 7\n$/);
      assert.match(
        stderr,
        / warn {2}call\.failed .*rpc=divide .*message="divided .*"\n {4}stack: /,
      );
      assert.doesNotMatch(stderr, / info /);
    });
  });
}
