/** A node's log file over its lifetime: renamed, full, unread, and signals; for every way to run farcall. */
import assert from "node:assert/strict";
import { connect } from "../../../lib/client/mod.ts";
import {
  Cli,
  type MakeProgram,
  type Program,
  type ServedNode,
} from "../../_support/commands/cli.ts";
import { Project } from "../../_support/nodes/fleet.ts";
import { bytesOf } from "../../_support/nodes/node.ts";
import { offspringOf, until } from "../../_support/nodes/processes.ts";
import { shelled } from "../../_support/programs.ts";
import { mentions } from "../../_support/mentions.ts";

const add = "export function add(a: number, b: number): number { return a + b; }\n";
const wait = `export async function wait(ms: number): Promise<number> {
  console.log("waiting", ms);
  await new Promise((resolve) => setTimeout(resolve, ms));
  return ms;
}
`;
const isWindows = Deno.build.os === "windows";

/** The size of a log that finds no room, in blocks of 512 bytes. */
const fullBlocks = 128;

interface Line {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** The records in a text, each of which must be whole. */
function linesIn(text: string): Line[] {
  assert.ok(text === "" || text.endsWith("\n"), `no torn line: ${text.slice(-200)}`);
  // An empty line ends a torn one that somebody has truncated meanwhile.
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

function executedIn(lines: readonly Line[]): number {
  return lines.filter(({ event }) => event === "call.executed").length;
}

/** Deploys math.add and math.wait. */
async function deploy(cli: Cli, project: Project, port: number): Promise<void> {
  await project.write("add.ts", add);
  await project.write("wait.ts", wait);
  await project.write(
    "init.yaml",
    `network:
  servers: { s1: { ip: 127.0.0.1, port: ${port} } }
  clients: { c1: { ip: 127.0.0.1 } }
services:
  math:
    providers: s1
    tenants: c1
    rpcs:
      add: { args: [int, int], returns: [int], src: add.ts }
      wait: { args: [int], returns: [int], src: wait.ts }
`,
  );
  await cli.succeed(["init"], { cwd: project.folder });
}

async function calls(node: ServedNode, count: number): Promise<void> {
  await using farcall = await connect(node.address, { as: "c1" });
  for (let done = 0; done < count; done++) {
    assert.equal(await farcall.call("math", "add", [done, 1]), done + 1);
  }
}

/** The same program in a shell that limits files to this many blocks of 512 bytes (some shells: 1024). */
function withFilesOf(blocks: number, program: Program): Program {
  // The runtime's own code cache would not fit.
  const args = program.args.flatMap((arg, index) =>
    index === 0 && arg === "run" ? [arg, "--no-code-cache"] : [arg]
  );
  return shelled({ ...program, args }, `trap '' XFSZ && ulimit -f ${blocks}`);
}

/** Registers the tests of one way to run farcall. */
export function logFileSuite(name: string, make: MakeProgram): void {
  Deno.test(`a log is renamed away at its size, and as many are kept as were asked for, ${name}`, async () => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create();
    const cwd = project.folder;
    const serve = ["--port", "0", "--root", "root", "--log", "node.log", "--log-format", "json"];
    for (
      const [wrong, says] of [
        [["--log-max", "12 apples"], mentions("--log-max", '"12 apples"', "size")],
        [["--log-max", "1MiB", "--log-keep", "0"], mentions("--log-keep", '"0"')],
        [["--log-keep", "3"], mentions("--log-keep", "--log-max")],
      ] as const
    ) {
      assert.match(await cli.fail(2, ["serve", ...serve, ...wrong], { cwd }), says);
    }
    assert.match(
      await cli.fail(2, ["serve", "--log-max", "1MiB"], { cwd }),
      mentions("--log-max", "--log FILE"),
    );
    const rotate = ["--log-max", "16KiB", "--log-keep", "2"];
    await using node = await cli.serve([...serve, ...rotate], { cwd });
    await deploy(cli, project, node.port);
    await calls(node, 300);
    assert.equal((await node.stop()).code, 0);
    const names = [...Deno.readDirSync(cwd)].map((entry) => entry.name)
      .filter((each) => each.startsWith("node.log")).sort();
    assert.deepEqual(names, ["node.log", "node.log.1", "node.log.2"]);
    const texts = await Promise.all(names.map((each) => project.read(each)));
    for (const text of texts) assert.ok(text.length <= 16 * 1024, `${text.length} bytes`);
    const numbers = texts.reverse().flatMap(linesIn)
      .flatMap(({ event, call }) => event === "call.executed" ? Number(call) : []);
    assert.deepEqual(numbers, numbers.map((_, index) => numbers[0] + index), "none is missing");
    assert.ok(numbers.length > 60);
  });

  Deno.test(
    `a log that finds no room has whole lines only, and goes on when there is some, ${name}`,
    {
      ignore: isWindows,
    },
    async () => {
      await using program = await make();
      const cli = new Cli(program);
      await using project = await Project.create();
      const cwd = project.folder;
      const full = new Cli(withFilesOf(fullBlocks, program));
      const serve = ["--port", "0", "--root", "root", "--log", "node.log", "--log-format", "json"];
      await using node = await full.serve(serve, { cwd });
      await deploy(cli, project, node.port);
      await calls(node, 1200);
      // A torn line is removed a moment later.
      const settled = async (): Promise<Line[]> => {
        let text = "";
        const isWhole = async () => (text = await project.read("node.log")).endsWith("\n");
        await until(isWhole, "whole lines");
        return linesIn(text.startsWith("{") ? text : text.slice(text.indexOf("\n") + 1));
      };
      // Calls do not wait for their records.
      const isFull = async () => {
        const text = await project.read("node.log");
        const recordMax = Math.max(...text.split("\n").map((line) => bytesOf(line).length + 1));
        return bytesOf(text).length > 512 * fullBlocks - recordMax;
      };
      await until(isFull, "it is full");
      const kept = executedIn(await settled());
      assert.ok(kept < 1200);
      // Perhaps in the middle of a line: then its rest comes first.
      await Deno.truncate(project.path("node.log"));
      await calls(node, 1);
      await until(
        async () => /log\.lost/.test(await project.read("node.log")),
        "what was lost is said",
      );
      const lines = await settled();
      const lost = lines.filter(({ event }) => event === "log.lost")
        .reduce((sum, { count }) => sum + Number(count), 0);
      // Two records may still have found room after the first look.
      assert.ok(lost + kept + executedIn(lines) >= 1200 - 2, `${lost} ${kept}`);
      assert.equal((await node.stop()).code, 0);
      assert.equal((await settled()).at(-1)?.event, "node.stopped");
    },
  );

  Deno.test(`a node whose log nobody reads serves on, and stops when told to, ${name}`, async () => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create();
    const node = new Deno.Command(program.command, {
      args: [...program.args, "serve", "--port", "0", "--root", project.path("root")],
      env: { ...program.env },
      clearEnv: program.isEnvCleared,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    try {
      const reader = node.stdout.getReader();
      const ready = new TextDecoder().decode((await reader.read()).value);
      await reader.cancel();
      const port = Number(/:(\d+): /.exec(ready)![1]);
      await deploy(cli, project, port);
      await using farcall = await connect(`127.0.0.1:${port}`, { as: "c1" });
      // A pipe holds some 64 KiB.
      for (let done = 0; done < 1500; done++) await farcall.call("math", "add", [done, 1]);
      await farcall.close();
      node.kill("SIGTERM");
      assert.equal((await node.status).code, 0);
    } finally {
      await node.stderr.cancel();
      if (await Promise.race([node.status, undefined]) === undefined) node.kill("SIGKILL");
      await node.status;
    }
  });

  for (const log of [["--log", "node.log"], []]) {
    const where = log.length === 0 ? "on standard error" : "in a file";
    Deno.test(
      `a terminal that is closed, or a log that is renamed, ends no call; the log ${where}, ${name}`,
      {
        ignore: isWindows,
      },
      async () => {
        await using program = await make();
        const cli = new Cli(program);
        await using project = await Project.create();
        const cwd = project.folder;
        const serve = ["--port", "0", "--root", "root", "--log-format", "json", ...log];
        await using node = await cli.serve(serve, { cwd });
        const hasLog = log.length > 0;
        const written = (): Promise<string> =>
          hasLog ? project.read("node.log") : Promise.resolve(node.process.stderr.text);
        await deploy(cli, project, node.port);
        await using farcall = await connect(node.address, { as: "c1" });
        const waiting = farcall.call("math", "wait", [1500]);
        await until(async () => (await written()).includes("script.console"), "the call has begun");
        if (hasLog) await Deno.rename(project.path("node.log"), project.path("renamed.log"));
        // A terminal signals every process started in it.
        const offspring = await offspringOf(node.process.pid);
        assert.ok(offspring.length > 0);
        for (const pid of [...offspring, node.process.pid]) Deno.kill(pid, "SIGHUP");
        assert.equal(await waiting, 1500);
        assert.equal(await farcall.call("math", "add", [2, 3]), 5);
        await until(async () => (await written()).includes("call.executed"), "the log goes on");
        assert.ok((await written()).includes("log.reopened"));
        if (hasLog) {
          const before = linesIn(await project.read("renamed.log")).map(({ event }) => event);
          assert.ok(before.includes("node.started") && !before.includes("log.reopened"));
        }
        await farcall.close();
        assert.equal((await node.stop()).code, 0);
        assert.ok(!(await written()).includes("executor.ended"), "its executor has lived");
        assert.equal(linesIn(await written()).at(-1)?.event, "node.stopped");
      },
    );
  }
}
