/** Traces of calls that the executable serves and makes, for every way to run it. */
import assert from "node:assert/strict";
import { Cli, type MakeProgram } from "../_support/cli.ts";
import { Collector } from "../_support/collector.ts";
import { Project } from "../_support/fleet.ts";
import { until } from "../_support/node.ts";

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
    assert.match(await cli.succeed(["status"], { cwd }), /s1 traces: 4 spans exported, 0 dropped/);
  });
}
