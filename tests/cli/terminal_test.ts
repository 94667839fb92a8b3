/** What init shows on a terminal, and only there. */
import assert from "node:assert/strict";
import { checkout, Cli } from "../_support/cli.ts";
import { Project } from "../_support/fleet.ts";
import { needing } from "../_support/programs.ts";

/** Runs a command on a terminal of its own. */
const onTerminal = "import os, pty, sys; " +
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
        args: ["-c", onTerminal, program.command, ...program.args, "init"],
        cwd: project.folder,
        env,
      }).output();
      const shown = new TextDecoder().decode(stdout);
      assert.equal(code, 0, shown);
      return shown.replaceAll("\x1b", "␛");
    };

    const shown = await run({ NO_COLOR: "1", TERM: "xterm" });
    assert.match(shown, /\r␛\[Kstaging: 0 of 1/, "the step that takes long");
    assert.match(shown, /\r␛\[Kdeployed to s1 \(generation 1\)/, "gone when it is over");
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
