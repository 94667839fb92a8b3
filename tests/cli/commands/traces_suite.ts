/** Traces of calls served and made by farcall, for every way to run it. */
import assert from "node:assert/strict";
import { Cli, closedPort, type MakeProgram } from "../../_support/commands/cli.ts";
import { Collector } from "../../_support/collector.ts";
import { Project } from "../../_support/nodes/fleet.ts";
import { lineWith } from "../../_support/mentions.ts";
import { until } from "../../_support/nodes/node.ts";

const files = {
  "scripts/place.ts":
    "export function place(this: { trace?: { traceparent: string } }): string {\n" +
    '  return this.trace?.traceparent ?? "";\n}\n',
};

/** Registers the tests of one way to run farcall. */
export function tracesSuite(name: string, make: MakeProgram): void {
  Deno.test(`a call is one trace, from its caller to its script, ${name}`, async () => {
    await using collector = new Collector();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create(files);
    const cwd = project.folder;
    await using node = await cli.serve(["--port", "0", "--root", "root", "--name", "s1"], {
      cwd,
      env,
    });
    const port = node.address.split(":").at(-1);
    await Deno.writeTextFile(
      `${cwd}/init.yaml`,
      `network:
  servers: { s1: { ip: 127.0.0.1, port: ${port} } }
  clients: { c1: { ip: 127.0.0.1 } }
services:
  t:
    providers: [s1]
    tenants: [c1]
    rpcs:
      place: { args: [], returns: str, src: scripts/place.ts }
`,
    );
    await cli.succeed(["init"], { cwd });
    const told = await cli.succeed(["call", "t.place"], { cwd, env });
    await until("the node has sent its spans", () => collector.spans.length >= 6);
    const chain = ["call", "attempt", "serve", "executor", "script"]
      .map((what) => collector.span(`${what} t.place`));
    for (const [index, span] of chain.entries()) {
      assert.equal(span.parentSpanId, chain[index - 1]?.spanId, span.name);
      assert.equal(span.traceId, chain[0]!.traceId);
    }
    const script = chain.at(-1)!;
    assert.ok(told.includes(`00-${script.traceId}-${script.spanId}-01`), told);
    const metrics = await (await fetch(`http://${node.address}/metrics`)).text();
    assert.match(metrics, /\nfarcall_spans_exported_total 4\n/);
    assert.match(metrics, /\nfarcall_spans_dropped_total 0\n/);
    assert.match(await cli.succeed(["status"], { cwd }), /\bs1 traces: 4 .*\b0 \w/);

    const id = "4bf92f3577b34da6a3ce929d0e0e4736";
    const shell = { TRACEPARENT: `00-${id}-00f067aa0ba902b7-00`, TRACESTATE: "ci=1" };
    const calls = [["call", "t.place"], ["call", "--all", "t.place"], [
      ...["call", "t.place", "--repeat", "2", "--verbose"],
    ]];
    for (const args of calls) {
      const { code, stdout, stderr } = await cli.run(args, { cwd, env: { ...env, ...shell } });
      assert.equal(code, 0, stderr);
      if (!args.includes("--repeat")) assert.ok(stdout.includes(id), `${args}: ${stdout}`);
    }
    const recorded = { TRACEPARENT: `00-${id}-00f067aa0ba902b7-01` };
    const all = ["call", "--all", "t.place", "--verbose"];
    const { stderr } = await cli.run(all, { cwd, env: { ...env, ...recorded } });
    assert.match(stderr, /^traces: 2 \w/m);
    const under = collector.spans.filter(({ traceId }) => traceId === id);
    assert.equal(under[1]!.parentSpanId, "00f067aa0ba902b7");
    // A malformed trace is ignored; an invalid collector is reported once, and fails no call.
    const bad = { OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318", TRACEPARENT: "00-x" };
    const told2 = await cli.run(["call", "t.place"], { cwd, env: bad });
    assert.equal(told2.code, 0);
    assert.equal(
      told2.stderr.match(/traces: "collector:4318\/v1\/traces" .*\bURL\b/g)?.length,
      1,
    );
    const away = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${closedPort}` };
    const lost = await cli.run(["call", "t.place", "--verbose"], { cwd, env: away });
    assert.equal(lost.code, 0);
    assert.match(lost.stderr, lineWith(/^traces: 0 /, "collector"));
  });
}
