/** Output of init that appears only on a terminal. */
import assert from "node:assert/strict";
import { checkout } from "../../_support/checkout.ts";
import { Cli } from "../../_support/commands/cli.ts";
import { Project } from "../../_support/nodes/fleet.ts";
import { withoutCacheNotes } from "../../_support/nodes/processes.ts";
import { needing } from "../../_support/programs.ts";

/** Runs a command on a terminal of its own. */
const onTerminal = "import os, pty, signal, sys; signal.alarm(120); " +
  "sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

Deno.test({
  ...needing("python3", "init shows colours and its progress on a terminal, and only there"),
  fn: async () => {
    await using program = await checkout();
    const cli = new Cli(program);
    await using project = await Project.create({
      "slow.ts": "await new Promise((resolve) => setTimeout(resolve, 1500));\n" +
        "export function slow(): void {}\n",
    });
    const options = { cwd: project.folder };
    await using node = await cli.serve(["--port", "0", "--root", "root"], options);
    const yaml = `network:\n  servers: { s1: { ip: 127.0.0.1, port: ${node.port} } }\n` +
      "  clients: { c1: { ip: 127.0.0.1 } }\nservices:\n" +
      "  x: { providers: s1, tenants: c1, rpcs: { slow: { args: [], src: slow.ts } } }\n";
    await project.write("init.yaml", yaml);
    const run = async (env: Record<string, string>): Promise<string> => {
      const { code, stdout } = await new Deno.Command("python3", {
        args: ["-c", onTerminal, program.command, ...program.args, "init", "--yes"],
        cwd: project.folder,
        env,
      }).output();
      const shown = withoutCacheNotes(new TextDecoder().decode(stdout));
      assert.equal(code, 0, shown);
      return shown.replaceAll("\x1b", "␛");
    };

    const shown = await run({ NO_COLOR: "1", TERM: "xterm" });
    assert.match(shown, /\r␛\[Kstaging: 0 of 1/, "the step that takes long");
    assert.match(shown, /\r␛\[Kdeployed\b.* s1 \(generation 1\)/, "gone when it is over");
    assert.doesNotMatch(shown, /␛\[\d+m/);

    await project.write("init.yaml", yaml.replace("slow:", "slow2:").replace("slow.ts", "fast.ts"));
    await project.write("fast.ts", "export function slow2(): void {}\n");
    const quick = await run({ NO_COLOR: "", TERM: "xterm" });
    assert.match(quick, /␛\[32m {2}\+ x\.slow2\(\) -> None.*␛\[0m/);
    assert.match(quick, /␛\[31m {2}- x\.slow\(\) -> None␛\[0m/);

    await project.write("init.yaml", yaml.replace("slow.ts", "again.ts"));
    await project.write(
      "again.ts",
      "await new Promise((resolve) => setTimeout(resolve, 1000));\nexport function slow() {}\n",
    );
    const { code, stdout, stderr } = await cli.run(["init"], options);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    assert.ok(!stdout.includes("\r") && !stdout.includes("\x1b"), stdout);
  },
});

/** Runs a command on a terminal, answers its prompts, and prints the whole output. */
const answering = `
import os, pty, signal, sys
signal.alarm(120)
pid, fd = pty.fork()
if pid == 0: os.execvp(sys.argv[2], sys.argv[2:])
said = b""
while True:
    try: piece = os.read(fd, 65536)
    except OSError: break
    if not piece: break
    said += piece
    if said.rstrip().endswith(b"[y/N]"): os.write(fd, sys.argv[1].encode() + b"\\n")
sys.stdout.buffer.write(said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))`;
import { deployed, lineWith, mentions } from "../../_support/mentions.ts";

Deno.test({
  ...needing("python3", "a terminal asks before clients lose rpcs, and no text controls it"),
  fn: async (t) => {
    await using program = await checkout();
    const cli = new Cli(program);
    await using project = await Project.create({
      "t.ts": 'export const hostile = () => "a\\x1b[2Jb\\u202ec\\r\\nd";\n' +
        "export const bytes = () => new Uint8Array([27, 91]);\n" +
        "export async function* stream() { yield new Uint8Array([27, 91, 50]); }\n" +
        'export const fails = () => { throw new Error("x\\x1b]0;y\\x07") };\n',
    });
    await using node = await cli.serve(["--port", "0", "--root", "root"], { cwd: project.folder });
    const rpcs = {
      hostile: '{ args: [], returns: str, src: t.ts, description: "a\\x1b[2Jb" }',
      bytes: "{ args: [], returns: bytes, src: t.ts }",
      stream: '{ args: [], returns: "Stream[bytes]", src: t.ts }',
      fails: "{ args: [], src: t.ts }",
    };
    const yaml = (names: readonly (keyof typeof rpcs)[], clients = "c1, c2") =>
      `network:\n  servers: { s1: { ip: 127.0.0.1, port: ${node.port} } }\n` +
      `  clients: { c1: { ip: 127.0.0.1 }, c2: { ip: 127.0.0.1 } }\nservices:\n` +
      `  x:\n    providers: s1\n    tenants: [${clients}]\n    rpcs:\n` +
      names.map((name) => `      ${name}: ${rpcs[name]}\n`).join("");
    await project.write("init.yaml", yaml(["hostile", "bytes", "stream", "fails"]));
    await cli.succeed(["init"], { cwd: project.folder });
    const run = async (args: readonly string[], answer = ""): Promise<[number, string]> => {
      const { code, stdout } = await new Deno.Command("python3", {
        args: ["-c", answering, answer, program.command, ...program.args, ...args],
        cwd: project.folder,
        env: { NO_COLOR: "1", TERM: "xterm" },
      }).output();
      return [code, withoutCacheNotes(new TextDecoder().decode(stdout))];
    };

    await t.step("text from a script, a node or a file is shown, not interpreted", async () => {
      assert.deepEqual(await run(["call", "x.hostile"]), [0, "a\\x1b[2Jb\\u202ec\\x0d\r\nd\r\n"]);
      assert.deepEqual(await run(["call", "x.bytes"]), [0, '"G1s="\r\n']);
      assert.deepEqual(await run(["call", "x.stream"]), [0, "\\x1b[2"]);
      for (const args of [["call", "x.fails"], ["call"], ["status", "\x1b[2J"]]) {
        const [, said] = await run(args);
        assert.match(said, /\\x1b|\ufffd/, args.join(" "));
        assert.ok(!said.includes("\x1b"), `${args.join(" ")}: ${said}`);
      }
    });

    await t.step("no means no and yes means yes, even before the question", async () => {
      await project.write("init.yaml", yaml(["hostile", "bytes", "stream"]));
      const [code, said] = await run(["init"], "n");
      assert.equal(code, 3, said);
      assert.match(said, lineWith("x.fails()", "c1, c2"));
      assert.match(said, /\bnothing\b.*\bchanged\b/);
      assert.match((await run(["init"], "y"))[1], deployed({ s1: 2 }));
      await project.write("init.yaml", yaml(["hostile", "bytes", "stream"], "c1"));
      assert.match((await run(["init"], ""))[1], mentions("c2", "closed"));
      assert.match((await run(["init", "--yes"]))[1], deployed({ s1: 3 }));
      await project.write("init.yaml", yaml(["hostile", "bytes"], "c1"));
      assert.match(await cli.succeed(["init"], { cwd: project.folder }), /generation 4/);
    });
  },
});
