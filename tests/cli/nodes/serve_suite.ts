/** What `farcall serve` promises, for every way to run it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Cli, type MakeProgram, type ServedNode } from "../../_support/commands/cli.ts";
import { Project } from "../../_support/nodes/fleet.ts";
import { isAlive, until } from "../../_support/nodes/processes.ts";
import { needing } from "../../_support/programs.ts";
import { failure, mentions } from "../../_support/mentions.ts";
import { hasIpv6 } from "../../_support/ipv6.ts";

/** A service whose script reports when it has begun. */
export const slowService = `
  slow:
    providers: [s1]
    tenants: [c1]
    rpcs:
      wait: { args: [int], returns: [int], src: services/slow/wait.ts }
      spin: { args: [], returns: [], src: services/slow/spin.ts }
`;

/** The script of {@linkcode slowService}. */
export const waitScript = `export async function wait(ms: number): Promise<number> {
  console.log("waiting", ms);
  await new Promise((resolve) => setTimeout(resolve, ms));
  return ms;
}
`;

const spinScript = `export function spin(): void {
  for (;;);
}
`;

interface BadUsage {
  readonly args: readonly string[];
  readonly says: RegExp;
}

const badUsages: Record<string, BadUsage> = {
  "a port that is none": {
    args: ["127.0.0.1", "80000"],
    says: mentions('"80000"', "65535", "port"),
  },
  "a port in the place of the host": {
    args: ["8181"],
    says: mentions('"8181"', "--port 8181", "host"),
  },
  "two different ports": {
    args: ["127.0.0.1", "1234", "--port", "1235"],
    says: mentions("1234", "1235", "port"),
  },
  "an address of another machine": {
    args: ["203.0.113.1", "0"],
    says: mentions('"203.0.113.1"', "0.0.0.0"),
  },
  "a log that cannot be written": {
    args: ["--port", "0", "--log", "no/such/folder/log"],
    says: mentions('"no/such/folder/log"', '"no/such/folder"'),
  },
  "a log format that there is not": {
    args: ["--log-format", "xml"],
    says: mentions("--log-format", '"xml"'),
  },
  "a log level that there is not": {
    args: ["--log-level", "loud"],
    says: mentions("--log-level", '"loud"'),
  },
  "an address with its port in the place of the host": {
    args: ["[::1]:8181"],
    says: mentions('"[::1]:8181"', "farcall serve", "port"),
  },
  "a host that there is not": {
    args: ["no such host", "0"],
    says: mentions('"no such host"'),
  },
  "a name that no init.yaml can have": {
    args: ["--port", "0", "--name", "a b"],
    says: mentions("--name", "init.yaml", '"a b"'),
  },
  "a host name in the place of an address": {
    args: ["--port", "0", "--advertise", "node1.lab:8181"],
    says: mentions('"node1.lab:8181"', "port"),
  },
  "an origin with a path": {
    args: ["--port", "0", "--allow-origin", "https://app.example.com/calls"],
    says: mentions('"https://app.example.com/calls"', "origin"),
  },
  "any origin": {
    args: ["--port", "0", "--allow-origin", "*"],
    says: mentions('"*"', "origin"),
  },
  "a root that is a file": {
    args: ["--port", "0", "--root", "file"],
    says: mentions('"file"', "--root", "folder"),
  },
  "a root that is somebody's folder": {
    args: ["--port", "0", "--root", "."],
    says: mentions('"file"', "empty"),
  },
  "too many arguments": {
    args: ["127.0.0.1", "0", "more"],
    says: mentions("'serve'", '"farcall serve --help"'),
  },
  "an option that there is not, with the nearest": {
    args: ["--prot", "0"],
    says: mentions("'--prot'", "--port", "unknown"),
  },
};

/** Registers the tests of one way to run farcall. */
export function serveSuite(name: string, make: MakeProgram): void {
  Deno.test(`serve begins as it was told, or says why not, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create({ file: "something of somebody's" });
    const { folder } = project;

    await t.step(
      "one line says where it listens, what it runs and where its state is",
      async (t) => {
        await using node = await cli.serve(["--port", "0", "--root", "root"], { cwd: folder });
        const room = / (\d+) connections\b/.exec(node.readyLine)?.[1];
        assert.ok(Number(room) > 0, node.readyLine);
        assert.match(
          node.readyLine,
          mentions(node.address, "farcall init", "machine", `root ${join(folder, "root")}`),
        );
        await t.step("a second start on the same root or port is reported", async () => {
          const again = (...args: string[]) => cli.fail(2, ["serve", ...args], { cwd: folder });
          assert.match(
            await again("--port", String(node.port), "--root", "r"),
            failure("Address In Use", node.address),
          );
          assert.match(
            await again("--port", "0", "--root", "root"),
            failure("Root In Use", '"root"', `process ${node.process.pid} (${node.address})`),
          );
        });
        const { code, stdout } = await node.stop();
        assert.deepEqual({ code, stdout }, { code: 0, stdout: `${node.readyLine}\n` });
      },
    );

    await t.step("HOST and PORT choose the address, and the root is named after it", async () => {
      await using node = await cli.serve(["localhost", "0"], { cwd: folder });
      assert.equal(node.host, "127.0.0.1");
      assert.equal(node.root, join(folder, `.farcall/localhost-${node.port}`));
    });

    await t.step({
      name: "each spelling of an IPv6 address has the same root",
      ignore: !hasIpv6(),
      async fn() {
        await using node = await cli.serve(["[0:0::1]", "0"], { cwd: folder });
        assert.equal(node.root, join(folder, `.farcall/__1-${node.port}`));
      },
    });

    await t.step("without arguments it is 127.0.0.1 8181", async () => {
      // If another program has that port, the refusal shows that it was tried.
      await using process = cli.start(["serve"], { cwd: folder });
      await Promise.race([process.stdout.until(/\n/), process.ended]);
      const said = process.stdout.text + process.stderr.text;
      assert.match(
        said,
        /^farcall(: Address In Use: .*|.*\blistening\b.*) 127\.0\.0\.1:8181\b/,
      );
    });

    await t.step("--name is shown, and deployments for another name are refused", async () => {
      await using node = await cli.serve(["127.0.0.1", "0", "--name", "west"], { cwd: folder });
      assert.match(node.readyLine, /\bwest\b/);
      assert.equal(node.root, join(folder, `.farcall/127.0.0.1-${node.port}`));
      await project.write(
        "init.yaml",
        `network:\n  servers:\n    east: { ip: 127.0.0.1, port: ${node.port} }\n` +
          "  clients: {}\nservices: {}\n",
      );
      const { code, stderr } = await cli.run(["init"], { cwd: folder });
      assert.equal(code, 22, stderr);
      assert.match(stderr, failure("Deploy Rejected", '"west"', "--name"));
    });

    for (const [what, { args, says }] of Object.entries(badUsages)) {
      await t.step(`${what} is refused`, async () => {
        assert.match(await cli.fail(2, ["serve", ...args], { cwd: folder }), says);
      });
    }
  });

  Deno.test(`serve stops and starts without losing anything, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create({
      "services/slow/wait.ts": waitScript,
      "services/slow/spin.ts": spinScript,
    });
    const options = { cwd: project.folder };
    await using s1 = await cli.serve(["--port", "0", "--root", "root"], options);
    await project.write(
      "init.yaml",
      `network:\n  servers: { s1: { ip: 127.0.0.1, port: ${s1.port} } }\n` +
        `  clients: { c1: { ip: 127.0.0.1 } }\nservices:${slowService}`,
    );
    await cli.succeed(["init"], options);
    const restart = (): Promise<ServedNode> =>
      cli.serve([s1.host, String(s1.port), "--root", s1.root]);

    const call = (ms: number) => cli.start(["call", "slow.wait", `${ms}`], options);

    await t.step(
      "SIGTERM lets calls in flight finish, refuses new ones, and exits with 0",
      async () => {
        const node = s1;
        await using calling = call(3000);
        await node.process.stderr.until(/waiting 3000/);
        const executors = await node.executors(1);
        const stopping = node.stop("SIGTERM");
        await node.process.stderr.until(/node\.draining .*callsInFlight=1/);
        const said = await cli.fail(20, ["call", "slow.wait", "1"], options);
        assert.match(said, failure("Node Unreachable", node.address));
        const { code, stdout } = await calling.ended;
        assert.deepEqual({ code, stdout }, { code: 0, stdout: "3000\n" });
        assert.equal((await stopping).code, 0);
        for (const pid of executors) assert.ok(!await isAlive(pid), "no executor is left");
        const left = await namesIn(join(node.root, "run"));
        assert.deepEqual(left.filter((name) => /^\d+$/.test(name)), [], "no socket is left");
      },
    );

    await t.step("a restarted node serves its last generation, without init", async (t) => {
      await using node = await restart();
      assert.match(node.readyLine, mentions("s1", "generation 1"));
      assert.equal(await cli.succeed(["call", "slow.wait", "3"], options), "3");
      assert.match(await cli.succeed(["init"], options), /s1 .* unchanged \(generation 1\)/);

      await t.step("and a second signal ends it at once", async () => {
        await using calling = call(30_000);
        await node.process.stderr.until(/waiting 30000/);
        const executors = await node.executors(1);
        node.process.kill("SIGTERM");
        await node.process.stderr.until(/node\.draining/);
        assert.equal((await node.stop("SIGTERM")).code, 143);
        assert.equal((await calling.ended).code, 20);
        for (const pid of executors) {
          await until(async () => !await isAlive(pid), "an executor to end");
        }
      });
    });

    // A script that yields ends with its connection to the node; one that does not is ended by setpriv.
    for (const [call, needs] of [["slow.wait 30000", []], ["slow.spin", ["setpriv"]]] as const) {
      await t.step({
        ...needing(needs, `a node that is killed during ${call} leaves no executor`),
        fn: async () => {
          await using node = await restart();
          await using calling = cli.start(["call", ...call.split(" ")], options);
          await node.process.stderr.until(/waiting 30000|executor\.started/);
          const executors = await node.executors(1);
          node.process.kill("SIGKILL");
          assert.equal((await node.process.ended).signal, "SIGKILL");
          for (const pid of executors) {
            await until(async () => !await isAlive(pid), "an executor to end");
          }
          assert.equal((await calling.ended).code, 20);
        },
      });
    }

    await t.step("a killed node restarts and serves its last generation", async () => {
      await using node = await restart();
      assert.match(node.readyLine, /generation 1, 1 service\b/);
      assert.equal(await cli.succeed(["call", "slow.wait", "3"], options), "3");
      const { code, stderr } = await node.stop("SIGINT");
      assert.equal(code, 0);
      assert.match(stderr, /node\.stopping +signal=SIGINT/);
    });
  });
}

async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) names.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names;
}
