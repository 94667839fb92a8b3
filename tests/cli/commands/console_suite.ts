/** `farcall console` without a browser: admission and API, for every way to run farcall. */
import assert from "node:assert/strict";
import { Cli, type MakeProgram } from "../../_support/commands/cli.ts";
import { TestConsole } from "../../_support/commands/console_page.ts";
import { Fleet, Project } from "../../_support/nodes/fleet.ts";

interface SeenNode {
  readonly name: string;
  readonly condition: string;
}

/** A service and an rpc with names of Object.prototype, and texts that look like markup. */
const oddService = `
  constructor:
    description: "<img src=x onerror=alert(1)>"
    providers: [s1]
    tenants: [c1]
    rpcs:
      __proto__: { args: [str], returns: [str], src: services/odd.ts }
`;

/** Registers the tests of one way to run farcall. */
export function consoleSuite(name: string, make: MakeProgram): void {
  Deno.test(`the console shows the fleet, calls, and goes back, ${name}`, async (t) => {
    await using program = await make();
    await using fleet = await Fleet.start(new Cli(program));
    const { project } = fleet;
    await fleet.succeed(["init"]);
    const text = await project.read("init.yaml");
    await project.write(
      "services/odd.ts",
      "export function __proto__(text: string) { return text; }\n",
    );
    await project.write("init.yaml", text + oddService);
    await fleet.succeed(["init"]);
    await using served = await TestConsole.start(fleet);
    const { address } = served;

    await t.step("only to its own page, which knows the token", async () => {
      const { origin, host } = new URL(address);
      const token = new URL(address).pathname.slice(1, -1);
      assert.match(token, /^[\w-]{32}$/);
      const refused: [path: string, fields: Record<string, string>][] = [
        ["/", {}],
        ["/style.css", {}],
        [`/${token.slice(1)}x/`, {}],
        [`/${"x".repeat(token.length)}/api/plan`, {}],
        [`/${token}`, {}],
        [`/${token}/`, { host: `evil.example:${new URL(address).port}` }],
        [`/${token}/`, { host: "127.0.0.1" }],
        [`/${token}/api/plan`, { host, origin: "http://evil.example" }],
        [`/${token}/api/plan`, { host, origin: "null" }],
        [`/${token}/api/plan`, { host, "sec-fetch-site": "cross-site" }],
      ];
      for (const [path, fields] of refused) {
        const { status } = await rawGet(origin, path, { host, ...fields });
        assert.equal(status, 403, `${path} ${JSON.stringify(fields)}`);
      }
      const { status } = await rawGet(origin, `/${token}/`, { host, origin });
      assert.equal(status, 200);
    });
    await t.step("a page that loads nothing from elsewhere, and stores nothing", async () => {
      const page = await fetch(address);
      const html = await page.text();
      const policy = page.headers.get("content-security-policy")!;
      assert.match(policy, /default-src 'none'; script-src 'self'; /);
      assert.doesNotMatch(policy, /unsafe|https?:|\*/);
      assert.equal(page.headers.get("cache-control"), "no-store");
      assert.equal(page.headers.get("set-cookie"), null);
      const files = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, file]) => file);
      assert.deepEqual([...new Set(files)].sort(), [
        ...["app.js", "icon.svg", "style.css", "views.css"],
      ]);
      const scripts = [...files, "api.js", "dom.js", "picture.js"];
      for (const file of scripts) {
        const found = await fetch(address + file);
        assert.equal(found.status, 200, file);
        assert.doesNotMatch(
          (await found.text()).replaceAll("http://www.w3.org/2000/svg", ""),
          /https?:\/\/|innerHTML|localStorage|sessionStorage|document\.cookie/,
        );
      }
      for (const path of ["../../deno.json", "%2e%2e/mod.ts", "api/nothing", "admission.ts"]) {
        const response = await fetch(address + path);
        await response.body?.cancel();
        assert.ok(response.status >= 400, path);
      }
    });
    await t.step("the picture of the file, and its nodes' states", async () => {
      const events = await served.lines(
        "events",
        undefined,
        ({ kind, nodes }) =>
          kind === "nodes" && nodes.every((node: SeenNode) => node.condition === "up"),
      );
      const { picture } = events.find(({ kind }) => kind === "picture");
      assert.deepEqual(picture.clients.map(({ name }: SeenNode) => name), ["c1", "c2"]);
      const edges = picture.services.map((
        { name, tenants, providers }: { name: string; tenants: string[]; providers: string[] },
      ) => `${tenants} ${name} ${providers}`);
      assert.deepEqual(edges, [
        "c1,c2 math s1,s2",
        "c2 text s2",
        "c1,c2 hash s1",
        "c1 constructor s1",
      ]);
    });
    await t.step(
      "calls, with every digit and the trace; refusals and exceptions are answers",
      async () => {
        const call = (target: string, types: string[], texts: string[], as = "") => {
          const [service, rpc] = target.split(".");
          return served.lines("call", { service, rpc, types, texts, as });
        };
        const huge = "9".repeat(30);
        const [added] = await call("math.add", ["int", "int"], [huge, "0"]);
        assert.deepEqual([added.kind, added.texts, added.isCut], ["value", [huge], false]);
        assert.deepEqual(added.trace.map(({ phase }: { phase: string }) => phase), [
          ...["resolve", "connect", "handshake", "queue", "execute", "transfer"],
        ]);
        const found = await call(
          "text.search",
          ["Stream[str]", "str"],
          ['["to be","or"]', "be"],
          "c2",
        );
        assert.deepEqual(found.map(({ kind, text }) => text ?? kind), ['"to be"', "value"]);
        const markup = "<b>&amp;</b>";
        const [odd] = await call("constructor.__proto__", ["str"], [markup], "c1");
        assert.deepEqual(odd.texts.map((each: string) => JSON.parse(each)), [markup]);
        const errors = [
          await call("text.note", ["str"], ["x"], "c1"),
          await call("math.divide", ["int", "int"], ["1", "0"]),
          await call("math.add", ["int", "int"], ["one", "2"]),
          await call("toString.valueOf", [], []),
          await call("math.add", ["int", "int"], ["1", "2"], "nobody"),
        ];
        assert.deepEqual(errors.map(([{ error }]) => error.code), [
          "Client Not Registered",
          "Execution Exception",
          "Invalid Arguments",
          "Service Not Found",
          "Client Not Registered",
        ]);
        const { error } = await served.ask("call", { service: 1 });
        assert.equal(error.code, "Bad Request");
      },
    );
    await t.step("the plan of init --dry-run", async () => {
      assert.equal((await served.ask("plan")).isUnchanged, true);
      const script = await project.read("services/math/mean.ts");
      await project.write(
        "services/math/mean.ts",
        `${script}\n// changed\nexport const more = 1;\n`,
      );
      const { text, isUnchanged } = await served.ask("plan");
      assert.equal(isUnchanged, false);
      assert.equal(
        text.trimEnd(),
        (await fleet.plan()).split("\n").slice(0, -1).join("\n").trimEnd(),
      );
    });
    await t.step("what init would do at each node", async () => {
      const { nodes } = await served.ask("drift");
      const [s1, s2] = nodes;
      assert.deepEqual([s1.node, s1.isUnchanged, s2.node, s2.isUnchanged], [
        ...["s1", false],
        ...["s2", false],
      ]);
      const status = await fleet.succeed(["status"]);
      assert.match(status, new RegExp(`^s1 .* {2}${s1.would}$`, "m"));
    });
    await t.step("history, and rollback to what was shown and confirmed", async () => {
      const { deployments } = await served.ask("history");
      assert.equal(deployments.length, 2);
      const first = deployments[1].nodes as { node: string; generation: number }[];
      const generations = first.map(({ node, generation }) => [node, generation]);
      const { plan } = await served.ask("rollback", { generations });
      assert.match(plan.text, /- constructor\.__proto__/);
      const stale = plan.generations.map(([node, generation]: [string, number]) => [
        ...[node, generation - 1],
      ]);
      const { error } = await served.ask("rollback", { generations, expected: stale });
      assert.equal(error.code, "Deploy Rejected");
      assert.equal((await served.ask("history")).deployments.length, 2);
      const { applied } = await served.ask("rollback", { generations, expected: plan.generations });
      assert.ok(applied.length > 0);
      assert.equal((await served.ask("history")).deployments.length, 3);
    });
    await t.step("logs with filters", async () => {
      const [line] = await served.lines(
        "logs?level=warn&service=math&rpc=divide",
        undefined,
        () => true,
      );
      assert.deepEqual([line.record.event, line.record.fields.rpc], ["call.failed", "divide"]);
      const { error } = await served.ask("logs?level=loud");
      assert.equal(error.code, "Bad Request");
    });
    await t.step("an unresponsive node is slow, until it replies", async () => {
      const is = (wanted: string) => ({ kind, nodes }: { kind: string; nodes: SeenNode[] }) =>
        kind === "nodes" && nodes.map(({ condition }) => condition).join() === wanted;
      await served.lines("events", undefined, is("up,up"));
      fleet.s1.process.kill("SIGSTOP");
      try {
        const events = await served.lines("events", undefined, is("slow,up"));
        assert.match(events.at(-1).nodes[0].problem, /\d+ s\b/);
      } finally {
        fleet.s1.process.kill("SIGCONT");
      }
      await served.lines("events", undefined, is("up,up"));
    });
    await t.step("a node that dies is shown, and does not affect the others", async () => {
      let isKilled = false;
      const events = await served.lines("events", undefined, ({ kind, nodes }) => {
        if (kind !== "nodes") return false;
        const conditions = nodes.map(({ condition }: SeenNode) => condition).join();
        if (conditions === "up,up" && !isKilled) {
          isKilled = true;
          fleet.s2.process.kill("SIGKILL");
        }
        return conditions === "up,down";
      });
      assert.match(events.at(-1).nodes[1].problem, /\w/);
      const { missing, text } = await served.ask("plan");
      assert.deepEqual(missing.map(({ node }: { node: string }) => node), ["s2"]);
      assert.match(text, /^s1 /);
      const { deployments, problem } = await served.ask("history");
      assert.ok(deployments.length > 0 && problem.code === "Node Unreachable");
    });
    await t.step("as text, with the node that is down", async () => {
      const { code, stdout } = await fleet.run(["console", "--text"]);
      assert.equal(code, 20);
      assert.match(stdout, /^CLIENTS +SERVICES +PROVIDERS\n/);
      assert.match(stdout, /^c1, c2 +───▶ math +6 rpcs, .*───▶ s1 ●, s2 ✗$/m);
      assert.match(stdout, /^✗ s2 /m);
    });
    await t.step("usage errors are reported", async () => {
      for (const args of [["--port", "high"], ["--trust", "x"], ["nothing.yaml"]]) {
        await fleet.fail(2, ["console", ...args]);
      }
      await fleet.fail(2, ["console", "--no-open", "--port", new URL(address).port]);
    });
  });

  Deno.test(`the console has the deployer's key, and goes over TLS, ${name}`, async () => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create({
      "add.ts": "export const add = (a: number, b: number): number => a + b;\n",
    });
    const cwd = project.folder;
    const key = await cli.succeed(["keygen", "ann"], { cwd });
    const fingerprint = await cli.succeed(["keygen", "--tls", "127.0.0.1"], { cwd });
    const tls = ["--tls-cert", "127.0.0.1.crt", "--tls-key", "127.0.0.1.key", "--require-tls"];
    await using node = await cli.serve([
      "--port",
      "0",
      "--root",
      "root",
      "--deploy-key",
      key,
      ...tls,
    ], {
      cwd,
    });
    await project.write(
      "init.yaml",
      `network:
  servers: { s1: { ip: 127.0.0.1, port: ${node.port}, tls: { fingerprint: "${fingerprint}" } } }
  clients: { c1: { ip: 127.0.0.1 } }
services:
  math:
    providers: s1
    tenants: c1
    rpcs: { add: { args: [int, int], returns: int, src: add.ts } }
`,
    );
    await cli.succeed(["init", "--key", "ann.key"], { cwd });
    {
      await using without = await TestConsole.start({ cli, project });
      const { error } = await without.ask("plan");
      assert.match(error.message, /key/);
    }
    await using served = await TestConsole.start({ cli, project }, ["--key", "ann.key"]);
    await served.whenAllTold();
    const order = { service: "math", rpc: "add", types: ["int", "int"], texts: ["2", "3"] };
    const [answer] = await served.lines("call", { ...order, as: "c1" });
    assert.deepEqual(answer.texts, ["5"]);
    assert.equal((await served.ask("plan")).isUnchanged, true);
    await project.write("add.ts", "export const add = (a: number, b: number): number => b + a;\n");
    await cli.succeed(["init", "--key", "ann.key"], { cwd });
    const generations = [["s1", 1]];
    const { plan } = await served.ask("rollback", { generations });
    const { applied } = await served.ask("rollback", { generations, expected: plan.generations });
    assert.deepEqual(applied.map(({ generation }: { generation: number }) => generation), [3]);
    const [line] = await served.lines("logs?rpc=add", undefined, () => true);
    assert.equal(line.record.event, "call.executed");
  });
}

/** A request with headers that `fetch` does not allow. */
async function rawGet(
  origin: string,
  path: string,
  fields: Record<string, string>,
): Promise<{ status: number }> {
  using connection = await Deno.connect({
    hostname: "127.0.0.1",
    port: Number(new URL(origin).port),
  });
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const request = `GET ${path} HTTP/1.1\r\n${lines}connection: close\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const chunk = new Uint8Array(64);
  const count = await connection.read(chunk);
  const [, status] = new TextDecoder().decode(chunk.subarray(0, count!)).split(" ");
  return { status: Number(status) };
}
