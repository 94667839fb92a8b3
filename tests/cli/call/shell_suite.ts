/** Shell conventions that farcall follows, for every way to run it. */
import assert from "node:assert/strict";
import type { FleetPart } from "../../_support/nodes/fleet.ts";
import { diagnostic, lineWith, mentions, nothingToDo } from "../../_support/mentions.ts";

const services = `services:
  t:
    providers: [s1]
    tenants: [c1, c2]
    rpcs:
      echo: { args: [str], returns: [str], src: t.ts }
      bytes: { args: [bytes], returns: [bytes], src: t.ts }
      length: { args: [bytes], returns: [int], src: t.ts }
      sum: { args: ["List[int]"], returns: [int], src: t.ts }
      lines: { args: ["Stream[str]"], returns: [int], src: t.ts }
      hostile: { args: [], returns: [str], src: t.ts }
      wait: { args: [], returns: [], src: t.ts }
`;

const script = String.raw`
export const echo = (text: string) => text;
export const bytes = (bytes: Uint8Array) => bytes;
export const length = (bytes: Uint8Array) => bytes.length;
export const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
export async function lines(lines: AsyncIterable<string>) {
  let count = 0;
  for await (const _ of lines) count++;
  return count;
}
export const hostile = () => "a\x1b[2Jb\u202ec";
export const wait = () => new Promise(() => {});
`;

/** Shell conventions. */
export const shellHabits: FleetPart = {
  name: "farcall keeps the habits of the shell",
  async run(t, fleet) {
    const { cli, project, s1 } = fleet;
    await project.write("init.yaml", fleet.network + services);
    await project.write("t.ts", script);
    await fleet.succeed(["init"]);

    await t.step(
      "init.yaml is searched in parent folders, and its paths stay relative to it",
      async () => {
        await project.write("a/b/x.txt", "");
        const cwd = project.path("a/b");
        assert.equal(await cli.succeed(["call", "t.echo", "hi"], { cwd }), "hi");
        assert.match(await cli.succeed(["init"], { cwd }), nothingToDo);
        assert.match(await cli.succeed(["status"], { cwd }), /^s1 .* up /m);
        assert.match(await cli.succeed(["types"], { cwd }), /echo/);
        const explained = await cli.succeed(["explain", "t.echo", "hi"], { cwd });
        assert.match(explained, lineWith("config ../../init.yaml: ", "above"));
        await project.write("a/init.yaml", "network:\n  servers: 3\n");
        const said = await cli.fail(2, ["call", "t.echo", "hi"], { cwd });
        assert.match(said, /^\s*\.\.\/init\.yaml:2:12: /m, "the nearest counts");
        await Deno.remove(project.path("a/init.yaml"));
      },
    );

    await t.step(
      "an option takes precedence over its variable, and explain shows the source",
      async () => {
        const env = {
          FARCALL_CONFIG: project.path("init.yaml"),
          FARCALL_SERVER: s1.address,
          FARCALL_AS: "c2",
          FARCALL_TIMEOUT: "7s",
        };
        const { stdout } = await cli.run(["explain", "t.echo", "hi", "-o", "json"], { env });
        const { settings, timeoutMs, providers } = JSON.parse(stdout);
        assert.deepEqual(
          settings.map(({ name, from }: { name: string; from: string }) => `${name} ${from}`),
          Object.keys(env).map((variable) => `${variable.slice(8).toLowerCase()} ${variable}`),
        );
        assert.deepEqual([timeoutMs, providers[0].says.client], [7000, "c2"]);
        const flags = ["--timeout", "3s", "--as", "c1", "-s", "s1"];
        const typed = await cli.run(["explain", "t.echo", "hi", ...flags], { env });
        assert.match(typed.stdout, /server s1: --server\n.*as c1: --as\n.*timeout 3s: --timeout\n/);
        assert.match(typed.stdout, /config \S+: FARCALL_CONFIG/);
        const bad = await cli.fail(2, ["call", "t.echo", "hi"], {
          env: { ...env, FARCALL_TIMEOUT: "x" },
        });
        assert.match(bad, mentions("FARCALL_TIMEOUT", '"x"'));
        const slow = { ...env, FARCALL_TIMEOUT: "1500ms" };
        assert.match(
          await cli.fail(21, ["call", "t.wait"], { env: slow }),
          /1500ms \(FARCALL_TIMEOUT\)/,
        );
        const status = await cli.succeed(["status"], { env });
        assert.doesNotMatch(status, /^s2 /m, "FARCALL_SERVER is a status' --server");
        assert.equal(await cli.succeed(["call", "t/echo", "hi"], { env }), "hi");
        const unset = { FARCALL_CONFIG: "", FARCALL_SERVER: " " };
        assert.match(
          await cli.fail(2, ["call", "t.echo", "hi"], { env: unset }),
          mentions("--server", "init.yaml"),
        );
      },
    );

    await t.step(
      "a host without a port is one at 8181, unless the file has a server of that name",
      async () => {
        const said = await cli.fail(20, ["call", "t.echo", "hi", "-s", "127.0.0.77"]);
        assert.match(said, /127\.0\.0\.77:8181/);
        assert.match(await cli.fail(20, ["call", "t.echo", "hi", "-s", "::1"]), /\[::1\]:8181/);
        assert.equal(await fleet.succeed(["call", "t.echo", "hi", "-s", "s1"]), "hi");
        assert.match(await fleet.fail(2, ["call", "t.echo", "hi", "-s", "s9"]), /"s9".*s1/);
      },
    );

    await t.step("an argument may be standard input or a file, whatever its type", async () => {
      const call = (args: string[], stdin?: string) => fleet.succeed(["call", ...args], { stdin });
      assert.equal(await call(["t.echo", "-"], "caf\u00e9\n"), "caf\u00e9\n");
      await project.write("n.json", "[1,\n 2]\n");
      assert.equal(await call(["t.sum", "@n.json"]), "3");
      assert.equal(await call(["t.sum", "-"], "[4, 5]"), "9");
      assert.equal(await call(["t.length", "@n.json"]), "8");
      assert.equal(await call(["t.sum", "--args", "@n2.json"].with(2, "-"), "[[1, 2]]"), "3");
      assert.equal(await call(["t.echo", "@@n.json"]), "@n.json");
      assert.equal(await call(["t.lines", "@n.json"]), "2");
      const said = await fleet.fail(2, ["call", "t.echo", "@none.txt"]);
      assert.match(said, mentions('"none.txt"', "@@none.txt"));
    });

    await t.step("bytes go to a pipe unchanged", async () => {
      const raw = Uint8Array.from({ length: 256 }, (_, index) => index);
      await Deno.writeFile(project.path("raw"), raw);
      const { command, args, env, isEnvCleared } = cli.program;
      const { code, stdout } = await new Deno.Command(command, {
        args: [...args, "call", "t.bytes", "@raw"],
        cwd: project.folder,
        env: { ...env },
        clearEnv: isEnvCleared,
      }).output();
      assert.deepEqual([code, stdout], [0, raw]);
      assert.equal(await fleet.succeed(["call", "t.bytes", "AAE=", "--json"]), '"AAE="');
    });

    await t.step("text that is not UTF-8 is refused with its position", async () => {
      await Deno.writeFile(project.path("latin"), Uint8Array.from([0x61, 0x0a, 0x63, 0xe9, 0x0a]));
      const cases: [string[], number, RegExp][] = [
        [
          ["call", "t.lines", "@latin"],
          2,
          mentions('"latin"', "UTF-8", "byte 4", "line 2", "column 2"),
        ],
        [["call", "t.echo", "@latin"], 11, mentions("argument 1", '"latin"', "UTF-8", "byte 4")],
        [["call", "t.sum", "--args", "@latin"], 2, mentions('"latin"', "UTF-8", "byte 4")],
        [["init", "latin"], 2, mentions("UTF-8")],
      ];
      for (const [args, code, says] of cases) assert.match(await fleet.fail(code, args), says);
    });

    await t.step(
      "the file may be standard input, with paths relative to the working folder",
      async () => {
        const stdin = fleet.network + services.replace("hostile", "echo2")
          .replace("args: [], returns: [str], src: t.ts", "args: [], returns: [str], src: t2.ts");
        await project.write("t2.ts", 'export const echo2 = () => "2";\n');
        await project.addCompiler();
        assert.match(await fleet.succeed(["init", "-"], { stdin }), lineWith("deployed", "s1"));
        assert.equal(await fleet.succeed(["call", "t.echo2", "-s", s1.address]), "2");
        const said = await fleet.fail(2, ["init", "-"], { stdin: "network: 3\n" });
        assert.match(said, diagnostic("standard input:1:10"));
        assert.match(await fleet.fail(2, ["init", "-", "--watch"]), mentions("--watch", "file"));
        for (
          const [args, says] of [
            [["check", "-"], lineWith(/^standard.input: no /, "deno 9.8.7")],
            [["status", "-"], /s1 /],
            [["status", "-c", "-", "-s", "s1"], /s1 /],
            [["types", "-"], /echo2/],
            [["console", "--text", "-"], /s1/],
            [["types", "--scripts", "-"], /t2\.ts/],
            [["doctor", "-"], /s1/],
          ] as const
        ) {
          const { stdout, stderr } = await fleet.run([...args], { stdin });
          assert.match(stdout, says, `${args.join(" ")}: ${stderr}`);
        }
        // Its scripts do not exist: the file, which is parsed twice, is read once from standard input.
        const lost = await fleet.run(["status", "-"], { stdin: stdin.replace("t2.ts", "t3.ts") });
        assert.match(lost.stdout, /s1 /, lost.stderr);
        assert.match(await fleet.fail(2, ["mcp", "-"]), mentions("mcp", "file"));
        assert.match(await fleet.succeed(["init", "-c", "init.yaml"]), lineWith("deployed", "s1"));
      },
    );

    await t.step(
      "a dry run in short, JSON in both spellings, and the version as a command",
      async () => {
        const { code } = await fleet.run(["init", "-n"]);
        assert.equal(code, 0);
        assert.deepEqual(
          JSON.parse(await fleet.succeed(["call", "t.echo", "hi", "-o", "json"])),
          "hi",
        );
        assert.match(
          await fleet.fail(2, ["call", "t.echo", "hi", "-o", "xml"]),
          mentions("--output", "text", "json", '"xml"'),
        );
        assert.equal(await cli.succeed(["version"]), await cli.succeed(["--version"]));
      },
    );

    await t.step("colours are forced and disabled by the usual variables", async () => {
      const env = { FORCE_COLOR: "1", NO_COLOR: "" };
      // deno-lint-ignore no-control-regex
      const colored = /\x1b\[\d+m/;
      assert.match(await fleet.succeed(["status"], { env }), colored);
      assert.doesNotMatch(await fleet.succeed(["status", "--no-color"], { env }), colored);
      assert.doesNotMatch(await fleet.succeed(["--no-color", "status"], { env }), colored);
      const no = { FORCE_COLOR: "0", NO_COLOR: "" };
      assert.doesNotMatch(await fleet.succeed(["status"], { env: no }), colored);
      assert.equal(
        await fleet.succeed(["call", "t.hostile"]),
        "a\x1b[2Jb\u202ec",
        "a pipe gets it all",
      );
    });
  },
};
