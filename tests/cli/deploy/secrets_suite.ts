/** Secrets do not leak, for every way to run farcall: searches everything that others could see. */
import assert from "node:assert/strict";
import { Cli, type MakeProgram, type ServedNode } from "../../_support/commands/cli.ts";
import { filesBelow, Project } from "../../_support/nodes/fleet.ts";
import { executorsAmong, offspringOf } from "../../_support/nodes/processes.ts";
import { needing, shelled } from "../../_support/programs.ts";

/** Values that cannot occur by accident: one granted, one not. */
const granted = "granted-5e1f0c77a2";
const notGranted = "withheld-91b3d84c6e";

function file(port: number, key: string): string {
  return `network:
  servers: { s1: { ip: 127.0.0.1, port: ${port} } }
  clients: { c1: { key: "${key}" } }
services:
  holder:
    providers: [s1]
    tenants: [c1]
    permissions: { env: [FARCALL_TEST_TOKEN] }
    rpcs:
      length: { args: [], returns: [int], src: length.ts }
      fail: { args: [], returns: [], src: fail.ts }
      die: { args: [], returns: [], src: die.ts }
  other:
    providers: [s1]
    tenants: [c1]
    rpcs: { length: { args: [], returns: [int], src: other.ts } }
`;
}

const scripts = {
  "length.ts": `declare const Deno: { env: { get(name: string): string } };
export const length = () => Deno.env.get("FARCALL_TEST_TOKEN").length;\n`,
  "fail.ts": `export function fail() { throw new Error("it went wrong"); }\n`,
  "die.ts":
    `export function die() { const all = []; for (;;) all.push(new Array(1e6).fill(1)); }\n`,
  "other.ts": `export const length = () => 0;\n`,
};

/** Everything that the system reveals about a process to other users, or to the same user. */
async function shownOf(pid: number, what: "cmdline" | "environ" | "limits"): Promise<string> {
  return await Deno.readTextFile(`/proc/${pid}/${what}`);
}

/** Makes a node leave core files, as far as the system permits. */
const wantCoreFiles = 'ulimit -S -c "$(ulimit -H -c)"';

/** Registers the tests of one way to run farcall. */
export function secretsSuite(name: string, make: MakeProgram): void {
  Deno.test({
    name: `no secret is in a log, an error, a status, a file or a command line, ${name}`,
    ignore: Deno.build.os !== "linux",
    async fn(t) {
      await using program = await make();
      const cli = new Cli(program);
      await using project = await Project.create(scripts);
      const cwd = project.folder;
      const ann = await cli.succeed(["keygen", "ann"], { cwd });
      const c1 = await cli.succeed(["keygen", "c1"], { cwd });
      const serve = ["--port", "0", "--root", "root", "--log-level", "debug"];
      const trust = ["--deploy-key", ann, "--grant", "holder:env=FARCALL_TEST_TOKEN"];
      const env = { FARCALL_TEST_TOKEN: granted, FARCALL_TEST_OTHER: notGranted };
      const wanting = new Cli(shelled(program, wantCoreFiles));
      await using node = await wanting.serve([...serve, ...trust], { cwd, env });
      await project.write("init.yaml", file(node.port, c1));
      let said = "";
      const runTo = async (expected: number, ...args: string[]): Promise<string> => {
        const { code, stdout, stderr } = await cli.run(args, { cwd });
        assert.equal(code, expected, `${args.join(" ")}: ${stderr}`);
        said += stdout + stderr;
        return stdout;
      };
      const run = (...args: string[]): Promise<string> => runTo(0, ...args);
      const asAnn = ["--key", "ann.key"];
      const asC1 = ["--as", "c1", "--key", "c1.key"];
      const secrets = [granted, notGranted];
      for (const half of ["ann.key", "c1.key"]) {
        secrets.push((await project.read(half)).split("\n")[1].slice(-40));
      }
      const assertNone = (where: string, text: string): void => {
        for (const secret of secrets) assert.ok(!text.includes(secret), `${secret} is in ${where}`);
      };

      await t.step("commands' output about a node that has them", async () => {
        await run("init", ...asAnn);
        assert.equal(await run("call", "holder.length", ...asC1), `${granted.length}\n`);
        assert.equal(await run("call", "other.length", ...asC1), "0\n");
        await runTo(10, "call", "holder.fail", "--verbose", ...asC1);
        await runTo(10, "call", "holder.die", "--verbose", ...asC1);
        assert.equal(await run("call", "holder.length", ...asC1), `${granted.length}\n`);
        for (const more of [[], ["--json"], ["--verify"]]) await run("status", ...asAnn, ...more);
        await run("init", "--history", ...asAnn);
        await run("explain", "holder.length", ...asC1);
        await run("call", ...asC1);
        assert.match(said, /it went wrong/);
        assert.match(said, /holder/);
        assertNone("what the commands printed", said);
      });
      await t.step("a key in the place of its path is not repeated", async () => {
        const pem = await project.read("c1.key");
        const printed = [
          await cli.fail(2, ["call", "holder.length", "--key", pem], { cwd }),
          await cli.fail(2, ["call", "holder.length"], { cwd, env: { FARCALL_KEY: pem } }),
          await cli.fail(2, ["serve", "--deploy-key", pem], { cwd }),
        ];
        assertNone("the message", printed.join());
      });
      await t.step(
        "processes: only who was granted a value has it, and none shows it",
        async () => {
          const holders: number[] = [];
          const pids = await offspringOf(node.process.pid);
          assert.ok(pids.length >= 2, "the executors of both services run");
          for (const pid of [node.process.pid, ...pids]) {
            assertNone("a command line", await shownOf(pid, "cmdline"));
          }
          for (const pid of pids) {
            const environ = await shownOf(pid, "environ");
            assert.ok(!environ.includes(notGranted));
            if (environ.includes(granted)) holders.push(pid);
          }
          assert.equal(holders.length, 1);
        },
      );
      const noCoreFile = /^Max core file size +0 /m;
      await t.step("executors leave no core files", async () => {
        for (const pid of await executorsAmong(await offspringOf(node.process.pid))) {
          assert.match(await shownOf(pid, "limits"), noCoreFile);
        }
      });
      await t.step({
        ...needing("prlimit", "nor does the node"),
        fn: async () => assert.match(await shownOf(node.process.pid, "limits"), noCoreFile),
      });
      await t.step("the node's output: its log, and its root", async () => {
        const log = await logOf(node);
        assert.match(log, /connection\.proved/);
        assert.match(log, /executor\./);
        assertNone("the log", log);
        const paths = await filesBelow(node.root);
        assert.ok(paths.some((path) => path.startsWith("services/")), paths.join());
        for (const path of paths) {
          const bytes = await Deno.readFile(`${node.root}/${path}`);
          assertNone(path, new TextDecoder().decode(bytes));
        }
      });
    },
  });
}

/** A node's whole standard error, which is its log. */
async function logOf(node: ServedNode): Promise<string> {
  await node.stop();
  return node.process.stderr.text;
}
