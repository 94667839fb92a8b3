/** Help, versions and usage errors, for every way to run farcall. */
import assert from "node:assert/strict";
import { Cli, type MakeProgram, repository } from "../../_support/commands/cli.ts";
import {
  exitCodeOf,
  exitDefect,
  exitInterrupted,
  exitOutput,
  exitUntraceable,
  exitWouldChange,
} from "../../../cli/exit_codes.ts";
import { exceptionTypes } from "../../../lib/errors/mod.ts";
import { version } from "../../../lib/protocol/software.ts";
import { mentions } from "../../_support/mentions.ts";

const slips: Record<string, { args: readonly string[]; says: RegExp }> = {
  "an unknown command": {
    args: ["cal", "math.add"],
    says: mentions("'cal'", "unknown"),
  },
  "help of an unknown command": {
    args: ["help", "sevre"],
    says: mentions("'sevre'", "unknown"),
  },
  "an unknown option": {
    args: ["init", "--dry-rum"],
    says: mentions("'--dry-rum'", "--dry-run", "farcall init", "--help", "unknown"),
  },
  "an unknown option before the command": {
    args: ["--vresion"],
    says: mentions("'--vresion'", "--version", "--help", "COMMAND", "--option", "unknown"),
  },
  "an argument that looks like an option": {
    args: ["call", "text.note", "-x"],
    says: mentions("'-x'", '"--"', "unknown"),
  },
  "call where there is no file": {
    args: ["call"],
    says: mentions("init.yaml", "--server", "folder"),
  },
  "an option without its value": {
    args: ["call", "math.add", "--server"],
    says: mentions("'-s, --server <HOST:PORT>'", "missing"),
  },
  "an address to listen on that is a variable without a value": {
    args: ["serve", ""],
    says: mentions("HOST", "empty"),
  },
  "an option that is a variable without a value": {
    args: ["serve", "--root", ""],
    says: mentions("--root", "empty"),
  },
  "an option of a call that is a variable without a value": {
    args: ["call", "math.add", "--server", ""],
    says: mentions("--server", "empty"),
  },
  "an address whose port is a variable without a value": {
    args: ["call", "math.add", "--server", "127.0.0.1:"],
    says: mentions('"127.0.0.1:"', "port", "variable"),
  },
  "an address whose host is a variable without a value": {
    args: ["call", "math.add", "--server", ":8181"],
    says: mentions('":8181"', "host", "variable"),
  },
  "the address that means all as one that may ask for metrics": {
    args: ["serve", "--metrics-allow", "::ffff:0.0.0.0"],
    says: mentions('"::ffff:0.0.0.0"', "::/0"),
  },
  "a name of a host with a port": {
    args: ["serve", "--host", "api.example.com:443"],
    says: mentions('"api.example.com:443"', "port"),
  },
  "the address that means all as the name of a host": {
    args: ["serve", "--host", "0:0::0"],
    says: mentions('"0:0::0"'),
  },
  "too many files": { args: ["init", "a", "b"], says: mentions("'init'", /\b2\b/) },
};

/** Registers the tests of one way to run farcall. */
export function usageSuite(name: string, make: MakeProgram): void {
  Deno.test(`farcall explains itself, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);

    await t.step("farcall alone prints the help, and fails, because it did nothing", async () => {
      const { code, stdout, stderr } = await cli.run([]);
      assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
      assert.match(
        stderr,
        /^Usage: farcall .*\n[^]*\n {2}serve .*\n {2}init .*\n {2}status .*\n {2}call /,
      );
      assert.equal(stderr.trimEnd(), await cli.succeed(["help"]));
      assert.equal(stderr.trimEnd(), await cli.succeed(["--help"]));
    });

    for (const command of ["serve", "init", "status", "call", "explain", "types"]) {
      await t.step(`every option of ${command} in docs/cli.md is in its help`, async () => {
        const help = await cli.succeed(["help", command]);
        assert.equal(help, await cli.succeed([command, "--help"]));
        const reference = await Deno.readTextFile(`${repository}/docs/cli.md`);
        const section = reference.split(`## \`farcall ${command} `)[1].split(/\n##/)[0];
        // In the first column of its table, if it has one: the rest may be about other commands.
        const columns = [...section.matchAll(/^\|([^|]*)/gm)].map(([, column]) => column);
        const said = columns.length === 0 ? section : columns.join("\n");
        const options = said.match(/--[a-z][a-z-]*/g) ?? [];
        assert.ok(options.length > 1);
        for (const option of options) assert.ok(help.includes(option), `${option} in\n${help}`);
      });
    }

    await t.step(
      "the help of call has the exit codes of docs/cli.md, which are the program's",
      async () => {
        const help = (await cli.succeed(["help", "call"])).replaceAll(/\s+/g, " ");
        const reference = await Deno.readTextFile(`${repository}/docs/cli.md`);
        const table = reference.split("## Exit codes")[1].split(/\n##/)[0];
        const codes = [...table.matchAll(/^\| (\d+) +\| /gm)].map(([, code]) => Number(code));
        const others = [exitWouldChange, exitInterrupted, exitUntraceable];
        for (const code of codes.filter((code) => !others.includes(code))) {
          assert.match(help, new RegExp(`[ ,]${code} `), `${code}`);
        }
        const used = new Set([
          0,
          2,
          exitWouldChange,
          exitInterrupted,
          exitUntraceable,
          20,
          exitDefect,
          exitOutput,
          ...exceptionTypes.map(exitCodeOf),
        ]);
        assert.deepEqual(codes, [...used].sort((a, b) => a - b));
        for (const type of exceptionTypes) {
          if (exitCodeOf(type) !== 22) {
            assert.ok(
              help.includes(`${exitCodeOf(type)} ${type}`),
              type,
            );
          }
        }
      },
    );

    await t.step("the version is one line", async () => {
      const printed = await cli.succeed(["--version"]);
      assert.match(printed, /^farcall \d+\.\d+\.\d+ \(deno \d+\.\d+\.\d+\)$/);
      assert.ok(printed.startsWith(`farcall ${version} `));
      assert.equal(await cli.succeed(["-V"]), printed);
    });

    for (const [what, { args, says }] of Object.entries(slips)) {
      await t.step(`${what} is told, with what was probably meant`, async () => {
        assert.match(await cli.fail(2, args), says);
      });
    }
  });
}
