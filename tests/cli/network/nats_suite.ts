/** A fleet behind a NATS server, as its users see it, for every way to run farcall. */
import assert from "node:assert/strict";
import { Cli, closedPort, type MakeProgram } from "../../_support/commands/cli.ts";
import { Project } from "../../_support/nodes/fleet.ts";
import { lineWith, mentions } from "../../_support/mentions.ts";
import { NatsServer } from "../../_support/nodes/nats_server.ts";
import { until } from "../../_support/nodes/node.ts";
import { needing } from "../../_support/programs.ts";
import { generateCertificate } from "../../../lib/identity/certificate.ts";

const scripts = {
  "add.ts": "export const add = (a: number, b: number): number => a + b;\n",
  "wait.ts": "export const wait = (): Promise<void> => new Promise(() => {});\n",
  "squares.ts": "export async function* squares(numbers: AsyncIterable<number>) {\n" +
    "  for await (const number of numbers) yield number * number;\n}\n",
};

/** How commands show a call's path. */
const relayed = /\brelayed\b.*\bNATS\b.* [\d.]+ ms\b/;

function initYaml(url: string, key: string): string {
  return `network:
  nats: { url: "${url}", fleet: lab, ca: ca.crt }
  servers:
    s1: { nats: true }
    rack.s2: { ip: 127.0.0.1, port: ${closedPort}, nats: true }
  clients:
    c1: { key: "${key}" }
    c2: { ip: 127.0.0.1 }
services:
  math:
    providers: [s1, rack.s2]
    tenants: [c1, c2]
    rpcs:
      add: { args: [int, int], returns: [int], src: add.ts }
      wait: { args: [], returns: [], src: wait.ts }
      squares: { args: "Stream[int]", returns: "Stream[int]", src: squares.ts }
`;
}

/** Registers the tests of one way to run farcall. */
export function natsSuite(name: string, make: MakeProgram): void {
  Deno.test({
    ...needing("nats-server", `a fleet is deployed to and called through NATS, over TLS, ${name}`),
    fn: async (t) => {
      await using program = await make();
      const cli = new Cli(program);
      await using project = await Project.create(scripts);
      const cwd = project.folder;
      const nowMs = Date.now();
      const { certificate, key } = await generateCertificate({
        hosts: ["127.0.0.1"],
        fromMs: nowMs - 60_000,
        toMs: nowMs + 3_600_000,
      });
      await project.write("ca.crt", certificate);
      await project.write("tls.key", key);
      await project.write("creds", "fleet:secret\n");
      const configuration = `tls { cert_file: "${project.path("ca.crt")}", key_file: "${
        project.path("tls.key")
      }" }
        authorization { user: fleet, password: secret }`;
      await using server = await NatsServer.start({ configuration });
      const url = `tls://127.0.0.1:${server.port}`;
      for (const owner of ["c1", "ann"]) await cli.succeed(["keygen", owner], { cwd });
      await project.write("init.yaml", initYaml(url, (await project.read("c1.pub")).trim()));
      const env = { FARCALL_NATS_CREDS: project.path("creds") };
      const inFleet = { cwd, env };
      const serve = (node: string) =>
        cli.start([
          ...["serve", "--nats", url, "--fleet", "lab", "--nats-ca", "ca.crt", "--name", node],
          ...["--deploy-key", "ann.pub"],
        ], inFleet);
      await using s1 = serve("s1");
      await using s2 = serve("rack.s2");
      for (const node of [s1, s2]) {
        await node.stdout.until(/\blistening\b.*\btls:.*nats:lab\//);
      }
      const asClient = ["--as", "c1", "--key", "c1.key"];

      await t.step("init deploys to all, and status sees them", async () => {
        await cli.succeed(["init", "--yes", "--key", "ann.key"], inFleet);
        assert.match(
          await cli.succeed(["status", "--key", "ann.key"], inFleet),
          lineWith(/^s1 +nats:lab\/s1 /, relayed),
        );
      });
      await t.step("calls, streams and explanations show their path", async () => {
        const { stdout, stderr } = await cli.run(
          [
            "call",
            "math.add",
            "2",
            "3",
            "--server",
            "rack.s2",
            "--verbose",
            "--trace",
            ...asClient,
          ],
          inFleet,
        );
        assert.equal(stdout, "5\n");
        assert.match(
          stderr,
          lineWith(/127\.0\.0\.1:\d+ .*nats:lab\/rack\.s2\)/, relayed),
        );
        assert.match(stderr, /^way +relayed\b.*\bNATS/m);
        const items = await cli.succeed(["call", "math.squares", "-", ...asClient], {
          ...inFleet,
          stdin: "1\n2\n3\n",
        });
        assert.equal(items, "1\n4\n9");
        const all = await cli.run(
          ["call", "math.add", "2", "3", "--all", "--verbose", ...asClient],
          inFleet,
        );
        assert.equal(all.stderr.match(new RegExp(relayed, "g"))?.length, 2, all.stderr);
        assert.deepEqual(all.stdout.trim().split("\n").sort(), ["rack.s2  5", "s1       5"]);
        const explained = await cli.succeed(
          ["explain", "math.add", "2", "3", ...asClient],
          inFleet,
        );
        assert.match(explained, lineWith("nats:lab/rack.s2)", relayed));
      });
      await t.step(
        "an address proves nothing there, and nobody deploys without the key",
        async () => {
          const says = await cli.fail(22, ["call", "math.add", "2", "3", "--as", "c2"], inFleet);
          assert.match(says, /c2/);
          const refused = await cli.run(["init", "--yes", "--key", "c1.key"], inFleet);
          assert.notEqual(refused.code, 0);
          assert.match(refused.stderr, /ed25519|deploy/);
        },
      );
      await t.step("a pinned name is served by the holder of that key alone", async () => {
        const yaml = await project.read("init.yaml");
        const pin = async (key: string) =>
          await project.write("init.yaml", yaml.replace("s1: {", `s1: { key: "${key}",`));
        const log = s1.stderr.text;
        const key = /node\.started.*nodeKey=(ed25519:\S+)/.exec(log)?.[1];
        assert.ok(key !== undefined, log);
        await pin(key);
        const call = ["call", "math.add", "2", "3", "--server", "s1", ...asClient];
        assert.equal(await cli.succeed(call, inFleet), "5");
        await pin((await project.read("ann.pub")).trim());
        const says = await cli.fail(20, call, inFleet);
        assert.match(says, mentions("ed25519:", /\bname\b/));
        assert.ok(says.includes(key), says);
        await project.write("init.yaml", yaml);
      });
      await t.step(
        "a killed server ends a call as lost, and nodes return by themselves",
        async () => {
          await using waiting = cli.start(["call", "math.wait", ...asClient], inFleet);
          const isCalled = async () => {
            const text = await cli.succeed(["status", "--json", "--key", "ann.key"], inFleet);
            return /"callsInFlight":\s*1\b|"inFlight":\s*1\b/.test(text);
          };
          await until("the call is under way", isCalled);
          await server.kill();
          const { code, stderr } = await waiting.ended;
          assert.equal(code, 20, stderr);
          assert.match(stderr, /Connection Lost/);
          await using _again = await server.restart({ configuration });
          for (const node of [s1, s2]) await node.stderr.until(/nats\.renewed/);
          assert.equal(
            await cli.succeed(["call", "math.add", "2", "3", ...asClient], inFleet),
            "5",
          );
        },
      );
      await t.step(
        "a node takes the key that it is given, and starts without its server",
        async () => {
          await cli.succeed(["keygen", "s3"], { cwd });
          await using s3 = cli.start([
            ...["serve", "--nats", url, "--fleet", "lab", "--nats-ca", "ca.crt", "--name", "s3"],
            ...["--deploy-key", "ann.pub", "--node-key", "s3.key"],
          ], inFleet);
          await s3.stdout.until(/\blistening\b.*\bsoon\b/);
          await s3.stderr.until(new RegExp(`nodeKey=${(await project.read("s3.pub")).trim()}`));
          await s3.stderr.until(/nats\.unreached/);
        },
      );
      await t.step("missing options are reported before anything starts", async () => {
        const cases: readonly [args: readonly string[], expected: RegExp][] = [
          [["--nats", url, "--fleet", "lab", "--name", "s1"], /--deploy-key/],
          [["--nats", url, "--fleet", "lab", "--deploy-key", "ann.pub"], /--name/],
          [["--nats", url, "--name", "s1", "--deploy-key", "ann.pub"], /--fleet/],
          [["--nats", "http://a", "--fleet", "lab"], /nats:\/\//],
          [["--fleet", "lab"], /--nats/],
          [["--node-key", "s3.key"], /--nats/],
        ];
        for (const [args, expected] of cases) {
          assert.match(await cli.fail(2, ["serve", ...args], { cwd }), expected);
        }
      });
    },
  });
}
