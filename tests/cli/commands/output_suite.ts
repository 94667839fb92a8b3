/** Standard output and standard error that cannot be written, for every way to run farcall. */
import assert from "node:assert/strict";
import { exitDefect, exitOutput } from "../../../cli/exit_codes.ts";
import { Cli, type MakeProgram, under } from "../../_support/commands/cli.ts";
import { Fleet } from "../../_support/nodes/fleet.ts";
import { mentions } from "../../_support/mentions.ts";
import { freePort } from "../../_support/ports.ts";
import { until } from "../../_support/nodes/processes.ts";
import { needing, shelled } from "../../_support/programs.ts";

/** Commands that are run for their output, beside a deployed init.yaml, one of each kind of output. */
const asking: readonly (readonly string[])[] = [
  ["--help"],
  ["call", "math.add", "2", "3"],
  ["call", "text.search", '["to be"]', "be", "--as", "c2"],
  ["status"],
  ["types"],
  ["init", "--dry-run"],
];

/** Commands that are run for their effect. */
const doing: readonly (readonly string[])[] = [["init"], ["keygen", "KEY"]];

/** A sample of both: all output goes through one module. */
const some = [["--help"], ["call", "math.add", "2", "3"], ["keygen", "KEY"]];

/** Runs a command on a closed terminal, and prints its exit code. */
const withoutTerminal = `import os, pty, subprocess, sys
ours, theirs = pty.openpty()
os.close(ours)
print(subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs).returncode)
`;

/** Registers the tests of one way to run farcall. */
export function outputSuite(name: string, make: MakeProgram): void {
  Deno.test(`output that cannot be written is not reported as a bug, ${name}`, async (t) => {
    await using program = await make();
    await using fleet = await Fleet.start(new Cli(program));
    await fleet.succeed(["init"]);
    const cwd = fleet.project.folder;
    const env = { PATH: Deno.env.get("PATH") ?? "" };
    let keys = 0;
    const named = (args: readonly string[]): string[] =>
      args.map((arg) => arg === "KEY" ? `key${++keys}` : arg);

    await t.step("a full disk fails requested output, and no completed work", async () => {
      const full = new Cli(shelled(program, "exec >/dev/full"));
      for (const args of asking) {
        const said = await full.fail(exitOutput, args, { cwd });
        assert.match(said, mentions(/^farcall: .*\bstandard.output\b.*\bspace\b/));
      }
      for (const args of doing) {
        const { code, stderr } = await full.run(named(args), { cwd });
        assert.equal(code, 0, stderr);
        assert.match(stderr, mentions(/\bstandard.output\b.*\bcontinuing\b.*\bspace\b/));
      }
      for (const half of ["key", "pub"]) await fleet.project.read(`key${keys}.${half}`);
    });
    await t.step("nor if standard error is full, too", async () => {
      const full = new Cli(shelled(program, "exec >/dev/full 2>&1"));
      for (const args of some) {
        const { code } = await full.run(named(args), { cwd });
        assert.equal(code, isDoing(args) ? 0 : exitOutput, args.join(" "));
      }
      assert.equal((await full.run(["call", "math.mean", "[]"], { cwd })).code, 10);
    });
    await t.step("a reader that has left ends requested output quietly", async () => {
      const left = under(program, "/bin/sh", "-c", '{ "$0" "$@"; echo "code $?" >&2; } | :');
      for (const args of some) {
        const { stderr } = await new Cli(left).run(named(args), { cwd });
        const said = stderr.replace(/^wrote .*\n/m, "");
        assert.equal(said, "code 0\n", args.join(" "));
      }
    });
    await t.step({
      ...needing("python3", "a closed terminal is like a full disk"),
      fn: async () => {
        const gone = new Cli(under(program, "python3", "-c", withoutTerminal));
        for (const args of some) {
          const { stdout, stderr } = await gone.run(named(args), { cwd, env });
          const expected = isDoing(args) ? 0 : exitOutput;
          assert.equal(stdout, `${expected}\n`, `${args.join(" ")}: ${stderr}`);
        }
      },
    });
    await t.step("unreadable standard input is reported as such", async () => {
      const folder = new Cli(shelled(program, "exec </"));
      for (const args of [["math.add", "--args", "-"], ["text.search", "-", "be", "--as", "c2"]]) {
        const said = await folder.fail(2, ["call", ...args], { cwd });
        assert.match(said, mentions(/^farcall: .*\bstandard.input\b.*\bfolder\b/));
      }
    });
    for (const [where, script] of [["full", "exec >/dev/full 2>&1"], ["closed", "exec >&- 2>&-"]]) {
      await t.step(
        `a node that can tell nobody anything serves all the same: ${where}`,
        async () => {
          const port = freePort();
          const root = fleet.project.path(where);
          const args = ["serve", "--port", `${port}`, "--root", root, "--log-level", "debug"];
          await using node = new Cli(shelled(program, script)).start(args);
          await until(
            async () => (await fleet.run(["status", "--server", at(port)])).code === 0,
            "it",
          );
          const init = await fleet.project.read("init.yaml");
          await fleet.project.write(
            `${where}.yaml`,
            init.replace(`port: ${fleet.s1.port}`, `port: ${port}`),
          );
          await fleet.succeed(["init", `${where}.yaml`, "--only", "s1"]);
          const call = ["call", "math.add", "2", "3", "--server", at(port)];
          assert.equal(await fleet.succeed(call), "5");
          node.kill("SIGTERM");
          const { code } = await node.ended;
          assert.notEqual(code, exitDefect);
          assert.equal(code, 0);
        },
      );
    }
  });
}

function isDoing([command]: readonly string[]): boolean {
  return doing.some(([each]) => each === command);
}

function at(port: number): string {
  return `127.0.0.1:${port}`;
}
