/** What a node's log promises, for every way to run it. */
import assert from "node:assert/strict";
import { Cli, type MakeProgram } from "../../_support/commands/cli.ts";
import { Fleet, Project } from "../../_support/nodes/fleet.ts";
import { mentions } from "../../_support/mentions.ts";

interface LogRecord {
  readonly time: string;
  readonly epochMs: number;
  readonly level: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

/** Registers the tests of one way to run farcall. */
export function logSuite(name: string, make: MakeProgram): void {
  Deno.test(`the log records callers, actions and times, as JSON, ${name}`, async () => {
    await using program = await make();
    const startedMs = Date.now();
    await using fleet = await Fleet.start(new Cli(program), ["--log-format", "json"]);
    await fleet.succeed(["init"]);
    await fleet.succeed(["call", "math.add", "2", "3", "--server", "s2", "--as", "c1"]);
    await fleet.succeed(["call", "text.note", "several\nlines \u001b[31m", "--as", "c2"]);
    await fleet.fail(10, ["call", "math.mean", "[]", "--server", "s2"]);
    await fleet.fail(14, ["call", "text.note", "a", "--as", "c1"]);
    const { code, stderr } = await fleet.s2.stop();
    assert.equal(code, 0);
    const endedMs = Date.now();

    const records: LogRecord[] = stderr.trimEnd().split("\n").map((line) => JSON.parse(line));
    for (const { time, epochMs } of records) {
      assert.equal(new Date(epochMs).toISOString(), time);
      assert.ok(epochMs >= startedMs && epochMs <= endedMs, time);
    }
    const find = (event: string, fields: Record<string, unknown> = {}): LogRecord => {
      const found = records.find((record) =>
        record.event === event &&
        Object.entries(fields).every(([name, value]) => record[name] === value)
      );
      assert.ok(found, `${event} ${JSON.stringify(fields)} in\n${stderr}`);
      return found;
    };
    const from = /^127\.0\.0\.1:\d+$/;
    const script = /^[0-9a-f]{12}$/;
    assert.equal(find("node.started").address, fleet.s2.address);
    assert.match(String(find("connection.accepted").from), from);
    assert.match(String(find("deploy.committed", { generation: 1 }).deployer), /^.+@.+$/);
    const executed = find("call.executed", { service: "math", rpc: "add", client: "c1" });
    assert.match(String(executed.from), from);
    assert.match(String(executed.script), script);
    assert.ok(Number(executed.durationMs) > 0);
    const printed = find("script.console", { service: "text", rpc: "note" });
    assert.equal(printed.text, "several\nlines \u001b[31m");
    const failed = find("call.failed", { exception: "Execution Exception", rpc: "mean" });
    assert.match(String(failed.message), /\bmean\b/);
    assert.match(String(failed.stack), /mean/);
    assert.match(String(failed.script), script);
    const refused = find("call.refused", { exception: "Client Not Registered", client: "c1" });
    assert.match(String(refused.message), mentions('"text"', "closed"));
    assert.match(String(refused.from), from);
    assert.equal(find("node.stopping").signal, "SIGTERM");
    assert.equal(records.at(-1)?.event, "node.stopped");
  });

  Deno.test(`the log for people goes to a file, and nothing steers their terminal, ${name}`, async () => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create({
      "services/say.ts":
        "export function say(text: string): void { console.warn(text, new URL('http://a.test/')); }",
    });
    const options = { cwd: project.folder };
    const serve = ["--port", "0", "--root", "root", "--log", "node.log"];
    await using node = await cli.serve([...serve, "--log-level", "warn"], options);
    await project.write(
      "init.yaml",
      `network:\n  servers: { s1: { ip: 127.0.0.1, port: ${node.port} } }\n` +
        "  clients: { c1: { ip: 127.0.0.1 } }\nservices:\n" +
        "  talk: { providers: s1, tenants: c1, rpcs: " +
        "{ say: { args: [str], returns: [], src: services/say.ts } } }\n",
    );
    await cli.succeed(["init"], options);
    await cli.succeed(["call", "talk.say", "a\u001b[2J\rb"], options);
    const { code, stderr } = await node.stop();
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    const log = await project.read("node.log");
    assert.match(
      log,
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warn +script\.console +service=talk +rpc=say .*\n$/,
      "one line a record, none below the level",
    );
    assert.match(
      log,
      / URL \{ href: /,
      "an object of the platform's, by the name that scripts have for it",
    );
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(log, /[\x00-\x09\x0b-\x1f]/);

    await using again = await cli.serve([...serve, "--log-level", "debug"], options);
    assert.equal((await again.stop()).code, 0);
    const longer = await project.read("node.log");
    assert.ok(longer.startsWith(log), "what the file had stays");
    assert.match(longer, / info +node\.started .*generation=1/);
  });
}
