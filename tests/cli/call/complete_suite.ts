/** Completion, as used by shells, for every way to run farcall. */
import assert from "node:assert/strict";
import type { Program } from "../../_support/commands/cli.ts";
import type { FleetPart, Project } from "../../_support/nodes/fleet.ts";
import { needing } from "../../_support/programs.ts";
import { mentions } from "../../_support/mentions.ts";

/** A folder for PATH whose `farcall` is this program. */
async function onPath({ command, args, env }: Program, project: Project): Promise<string> {
  const quoted = [command, ...args].map((part) => `'${part}'`).join(" ");
  const variables = Object.entries(env).map(([name, value]) => `${name}='${value}' `).join("");
  await project.write("bin/farcall", `#!/bin/sh\n${variables}exec ${quoted} "$@"\n`);
  await Deno.chmod(project.path("bin/farcall"), 0o755);
  return `${project.path("bin")}:${Deno.env.get("PATH")}`;
}

/** Completions in shells. */
export const completions: FleetPart = {
  name: "shells complete farcall's commands",
  async run(t, fleet) {
    const { project, s2 } = fleet;
    await fleet.succeed(["init"]);
    const after = async (line: string) =>
      (await fleet.succeed(["complete", "--", line])).split("\n").filter((each) => each !== "");
    const words = async (line: string) => (await after(line)).map((each) => each.split("\t")[0]);

    await t.step("commands, options, services, rpcs, arguments, names", async () => {
      assert.deepEqual(await words("farcall ex"), ["explain"]);
      assert.deepEqual(await words("farcall call "), ["math.", "text.", "hash."]);
      assert.deepEqual(await words("farcall call h"), ["hash.digest"]);
      assert.deepEqual(await after("farcall call math.add"), [
        "math.add\tThe sum of two whole numbers, however large",
      ]);
      assert.deepEqual(await after("farcall call math.add "), ["0\tint", "''\tstr"]);
      assert.deepEqual(await words("farcall call math.add 1 --as "), ["c1", "c2"]);
      assert.deepEqual(await words("farcall call math.add --types "), ["'int,int'", "'str,str'"]);
      assert.deepEqual(await words("farcall call --ser"), ["--server"]);
      assert.deepEqual(await words("farcall init --only s"), ["s1", "s2"]);
      assert.deepEqual(await words("farcall init --dry"), ["--dry-run"]);
    });

    await t.step("from a live node, what this caller may call", async () => {
      const options = `--server ${s2.address} --as c1`;
      assert.deepEqual(await words(`farcall call ${options} `), [
        ...["math.add", "math.mean", "math.bounds", "math.divide", "math.primes", "math.is_prime"],
      ]);
    });

    await t.step("without candidates it prints nothing", async () => {
      for (const line of ["farcall nonsense ", "farcall call 'unfinished", "farcall call x.y "]) {
        assert.deepEqual(await after(line), [], line);
      }
      await project.write("elsewhere/init.yaml", "nonsense: [");
      const outcome = await fleet.cli.run(["complete", "--", "farcall call "], {
        cwd: project.path("elsewhere"),
      });
      assert.deepEqual(outcome, { code: 0, signal: null, stdout: "", stderr: "" });
    });

    const env = { PATH: await onPath(fleet.cli.program, project) };
    const run = async (shell: string, script: string) => {
      const { code, stdout, stderr } = await new Deno.Command(shell, {
        args: ["-c", script],
        env,
        cwd: project.folder,
      }).output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      return new TextDecoder().decode(stdout).trim().split("\n");
    };

    await t.step({
      ...needing("bash", "in bash"),
      fn: async () => {
        const said = await run(
          "bash",
          `source <(farcall completions bash)
          COMP_LINE="farcall call math.p and more"; COMP_POINT=19
          _farcall 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"; complete -p farcall`,
        );
        assert.deepEqual(said, ["math.primes", "complete -F _farcall farcall"]);
      },
    });

    await t.step({
      ...needing("zsh", "in zsh"),
      fn: async () => {
        const said = await run(
          "zsh",
          `autoload -U compinit && compinit -u -D; source <(farcall completions zsh)
          compadd() { print -l -- $words_ $meanings }
          LBUFFER="farcall call math.p"; _farcall; print $_comps[farcall]`,
        );
        assert.deepEqual(said, [
          "math.primes",
          "math.primes  -- Every prime number up to a limit",
          "_farcall",
        ]);
      },
    });

    await t.step({
      ...needing("fish", "in fish"),
      fn: async () => {
        const said = await run(
          "fish",
          'farcall completions fish | source; complete -C "farcall call math.p"',
        );
        assert.deepEqual(said, ["math.primes\tEvery prime number up to a limit"]);
      },
    });

    await t.step("an unsupported shell gets the list of supported ones", async () => {
      const said = await fleet.fail(2, ["completions", "tcsh"]);
      assert.match(said, mentions('"tcsh"'));
      assert.match(await fleet.fail(2, ["completions"]), mentions("SHELL", "missing"));
    });
  },
};
