/** Monitors' requests: liveness, readiness and metrics; their admission, and their traces in the log. */
import assert from "node:assert/strict";
import { limits } from "../../../lib/limits/mod.ts";
import { connect, rpc, serve } from "../../../mod.ts";
import { bytesOf, type TestDeployment, TestNode, until } from "../../_support/nodes/node.ts";
import { readAll } from "../../transport/transport_suite.ts";
import { mentions } from "../../_support/mentions.ts";

const deployment: TestDeployment = {
  clients: [{ name: "c1", ip: "127.0.0.1" }, { name: "c2", ip: "127.0.0.1" }],
  services: {
    math: {
      tenants: ["c1", "c2"],
      rpcs: {
        add: {
          args: ["int", "int"],
          returns: ["int"],
          source: "export const add = (a, b) => a + b;",
        },
        fail: { source: "export function fail() { throw new Error('no'); }" },
        spin: { source: "export const spin = () => new Promise(() => {});" },
      },
    },
    // Names of built-ins are names like any other.
    constructor: {
      rpcs: { toString: { returns: ["str"], source: 'export const toString = () => "x";' } },
    },
  },
};

const source = "export default () => {};";
const typed = { args: ["int", "int"], returns: ["int"] };

interface Answer {
  readonly status: number;
  readonly fields: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Requests a path over a connection of its own. */
async function ask(
  node: TestNode,
  path: string,
  { method = "GET", from = "127.0.0.1", fields = {} }: {
    method?: string;
    from?: string;
    fields?: Readonly<Record<string, string>>;
  } = {},
): Promise<Answer> {
  const transport = await node.transport(from, 7);
  try {
    const all = { host: "127.0.0.1", connection: "close", ...fields };
    const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join("");
    await transport.write(bytesOf(`${method} ${path} HTTP/1.1\r\n${head}\r\n`));
    await transport.closeWrite();
    const text = new TextDecoder().decode(await readAll(transport));
    const [top, ...rest] = text.split("\r\n\r\n");
    const [line, ...lines] = top.split("\r\n");
    return {
      status: Number(line.split(" ")[1]),
      fields: new Map(lines.map((each) => each.split(": ") as [string, string])),
      body: rest.join("\r\n\r\n"),
    };
  } finally {
    transport.close();
  }
}

/** The samples of a scrape, by name and labels as written. */
async function scrape(node: TestNode, accept?: string): Promise<Map<string, number>> {
  const { status, body } = await ask(node, "/metrics", {
    fields: accept === undefined ? {} : { accept },
  });
  assert.equal(status, 200, body);
  const samples = body.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const found = new Map(samples.map((line) => {
    const space = line.lastIndexOf(" ");
    return [line.slice(0, space), Number(line.slice(space + 1))];
  }));
  assert.equal(found.size, samples.length, "no series stands there twice");
  return found;
}

Deno.test("a node tells monitors whether it lives and is ready", async (t) => {
  await using node = await TestNode.start({ inMemory: true });
  await t.step("nothing deployed: it lives, and is not ready", async () => {
    assert.equal((await ask(node, "/healthz")).body, "ok\n");
    const { status, body } = await ask(node, "/readyz");
    assert.equal(status, 503);
    assert.match(body, mentions("deployed", "farcall init"));
    assert.equal((await scrape(node)).get("farcall_ready"), 0);
  });
  await node.deploy(deployment);
  await t.step("deployed", async () => {
    const { status, body, fields } = await ask(node, "/readyz");
    assert.deepEqual({ status, body }, { status: 200, body: "ready\n" });
    assert.equal(fields.get("cache-control"), "no-store");
    assert.equal((await scrape(node)).get("farcall_ready"), 1);
  });
  await t.step("HEAD has no body; anything but reading is refused", async () => {
    const { status, body, fields } = await ask(node, "/healthz", { method: "HEAD" });
    assert.deepEqual([status, body, fields.get("content-length")], [200, "", "3"]);
    assert.equal((await ask(node, "/metrics", { method: "POST" })).status, 405);
  });
});

Deno.test("a node whose executors do not start is not ready, says why, and tries again by itself", async () => {
  const bounds = { executorBackOffMsFirst: 1, executorBackOffMsMax: 5 };
  await using node = await TestNode.start({ bounds, isWarm: true, inMemory: true, deployment });
  await using connection = await node.connection("c1");
  await connection.call("math.add", [1, 2], typed);
  // The files on disk are lost, and the executor with them.
  const folder = `${node.root}/services`;
  await Deno.rename(folder, `${folder}.away`);
  await Deno.mkdir(folder);
  const [pid] = (await connection.raw.request({ op: "status" }, { timeoutMs: 60_000 }))
    .services.find(({ name }) => name === "math")!.executors.map(({ pid }) => pid!);
  Deno.kill(pid, "SIGKILL");
  await node.log.until("executor.ended", { service: "math" });
  await assert.rejects(connection.call("math.add", [1, 2], typed), { code: "Unavailable" });
  assert.equal((await scrape(node)).get('farcall_executors{service="math",state="failing"}'), 1);
  const { status, body } = await ask(node, "/readyz");
  assert.equal(status, 503);
  assert.match(body, mentions('"math"', "executor", "script"));
  for (let count = 0; count < 20; count++) {
    assert.equal((await ask(node, "/readyz")).status, 503, "nor while it is tried again");
  }

  await Deno.remove(folder, { recursive: true });
  await Deno.rename(`${folder}.away`, folder);
  // Without any call: a balancer's requests suffice.
  await until("it is ready again", async () => (await ask(node, "/readyz")).status === 200);
  const samples = await scrape(node);
  assert.equal(samples.get('farcall_executor_crashes_total{service="math"}'), 1);
  assert.ok(samples.get('farcall_executor_start_failures_total{service="math"}')! >= 1);
  assert.ok(samples.get('farcall_executor_starts_total{service="math"}')! >= 2);
});

Deno.test("a stopping node is not ready, as long as it can be asked", async () => {
  await using node = await TestNode.start({ inMemory: true, deployment });
  await using connection = await node.connection("c1");
  const call = connection.call("math.spin", [], { timeoutMs: 60_000 }).catch(() => {});
  await until(
    "it runs",
    async () => (await scrape(node)).get('farcall_calls_in_flight{service="math"}') === 1,
  );
  // An existing connection, like one kept by a balancer.
  const transport = await node.transport("127.0.0.1", 8);
  await transport.write(bytesOf("GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\nGET /readyz "));
  const buffer = new Uint8Array(1024);
  const first = await transport.read(buffer);
  assert.match(new TextDecoder().decode(buffer.subarray(0, first!)), / 200 OK/);
  const stopping = node.node.stop();
  await node.log.until("node.draining");
  await transport.write(bytesOf("HTTP/1.1\r\nhost: localhost\r\n\r\n"));
  const rest = new TextDecoder().decode(await readAll(transport));
  assert.match(rest, mentions("503"));
  await connection.raw.close();
  await Promise.all([stopping, call]);
});

Deno.test("metrics are counted by service, rpc, client and outcome, in both formats", async (t) => {
  await using node = await TestNode.start({ inMemory: true, deployment });
  await using c1 = await node.connection("c1");
  await using c2 = await node.connection("c2");
  for (let count = 0; count < 3; count++) await c1.call("math.add", [1, 2], typed);
  await c2.call("math.add", [1, 2], typed);
  await c1.call("constructor.toString", [], { returns: ["str"] });
  await assert.rejects(c1.call("math.fail"), { code: "Execution Exception" });
  await assert.rejects(c1.call("math.spin", [], { timeoutMs: 30 }), { code: "Deadline Exceeded" });
  await assert.rejects(c1.call("math.missing"), { code: "RPC Not Found" });
  await assert.rejects(c2.call("constructor.toString"), { code: "Client Not Registered" });
  const calls = (labels: string) => `farcall_calls_total{service=${labels}}`;
  let samples = new Map<string, number>();
  await until("both sides have counted the late call", async () => {
    samples = await scrape(node);
    return samples.has(calls('"math",rpc="spin",client="c1",outcome="Deadline Exceeded"')) ||
      samples.has(calls('"math",rpc="spin",client="c1",outcome="Cancelled"'));
  });
  await t.step("admitted calls", () => {
    assert.equal(samples.get(calls('"math",rpc="add",client="c1",outcome="ok"')), 3);
    assert.equal(samples.get(calls('"math",rpc="add",client="c2",outcome="ok"')), 1);
    assert.equal(samples.get(calls('"constructor",rpc="toString",client="c1",outcome="ok"')), 1);
    const failed = calls('"math",rpc="fail",client="c1",outcome="Execution Exception"');
    assert.equal(samples.get(failed), 1);
  });
  await t.step("refused calls", () => {
    assert.equal(samples.get('farcall_refusals_total{reason="RPC Not Found"}'), 1);
    assert.equal(samples.get('farcall_refusals_total{reason="Client Not Registered"}'), 1);
  });
  await t.step("latencies are cumulative, and end with the count", () => {
    const buckets = [...samples].filter(([name]) =>
      name.startsWith('farcall_call_duration_seconds_bucket{service="math",rpc="add"')
    ).map(([, value]) => value);
    assert.ok(buckets.length > 10);
    assert.deepEqual(buckets, buckets.toSorted((a, b) => a - b));
    const ofAdd = '{service="math",rpc="add"}';
    assert.equal(buckets.at(-1), 4);
    assert.equal(samples.get(`farcall_call_duration_seconds_count${ofAdd}`), 4);
    assert.ok(samples.get(`farcall_call_duration_seconds_sum${ofAdd}`)! > 0);
  });
  await t.step("gauges of the current state", () => {
    assert.equal(samples.get("farcall_generation"), 1);
    assert.equal(samples.get('farcall_executors{service="math",state="running"}'), 1);
    assert.ok(samples.get('farcall_connections{framing="frames"}')! >= 2);
    assert.ok(samples.get("process_resident_memory_bytes")! > 1_000_000);
    assert.ok(samples.get("farcall_descriptors_max")! > 0);
  });
  await t.step("the preferred format is used", async () => {
    const cases: [accept: string | undefined, isOpenMetrics: boolean][] = [
      [undefined, false],
      ["*/*", false],
      ["application/openmetrics-text", true],
      ["application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5", true],
      ["text/plain;q=0.9, application/openmetrics-text;q=0.1", false],
      ["application/openmetrics-text;q=0, */*", false],
      ["application/openmetrics-text;q=high", false],
    ];
    for (const [accept, isOpenMetrics] of cases) {
      const { body, fields } = await ask(node, "/metrics", {
        fields: accept === undefined ? {} : { accept },
      });
      assert.equal(body.endsWith("\n# EOF\n"), isOpenMetrics, accept);
      const type = isOpenMetrics ? /^application\/openmetrics-text; version=1/ : /^text\/plain/;
      assert.match(fields.get("content-type")!, type);
      const family = isOpenMetrics ? "farcall_calls" : "farcall_calls_total";
      assert.ok(body.includes(`# TYPE ${family} counter\n`));
    }
  });
  await t.step("rpcs that are no longer deployed are no longer counted", async () => {
    await c1.deploy({ ...deployment, services: { other: { rpcs: { none: { source } } } } });
    const left = [...(await scrape(node)).keys()].filter((name) => name.includes('"math"'));
    assert.deepEqual(left.filter((name) => name.startsWith("farcall_call")), []);
  });
});

Deno.test("a node's series are bounded, whatever is deployed and called", async () => {
  const bounds = { metricRpcsMax: 3, metricClientsMax: 4, metricServicesMax: 2 };
  const names = Array.from({ length: 6 }, (_, index) => `r${index}`);
  const rpcs = Object.fromEntries(
    names.map((name) => [name, { source }]),
  );
  const clients = ["c1", "c2", "c3"].map((name) => ({ name, ip: "127.0.0.1" }));
  const services = { a: { tenants: ["c1", "c2", "c3"], rpcs }, b: { rpcs }, c: { rpcs } };
  await using node = await TestNode.start({
    bounds,
    inMemory: true,
    deployment: { clients, services },
  });
  for (const { name: client } of clients) {
    await using connection = await node.connection(client);
    for (const name of names) await connection.call(`a.${name}`);
  }
  const samples = [...await scrape(node)];
  const calls = samples.filter(([name]) => name.startsWith("farcall_calls_total"));
  assert.ok(calls.length <= 8, `${calls.length} series`);
  assert.equal(calls.reduce((sum, [, value]) => sum + value, 0), 18, "no call is lost");
  assert.ok(calls.some(([name]) => name.includes('rpc="(other)"')));
  const ofServices = samples.filter(([name]) => name.startsWith("farcall_calls_waiting"));
  assert.deepEqual(ofServices.map(([name]) => /"(.*)"/.exec(name)![1]), ["a", "b", "(other)"]);
});

Deno.test("only this machine and the operator's choices may ask", async (t) => {
  const metricsAllow = ["10.1.0.0/16"];
  await using node = await TestNode.start({ inMemory: true, deployment, metricsAllow });
  const proxied = { "x-forwarded-for": "203.0.113.9" };
  const cases: [name: string, from: string, fields: Record<string, string>, status: number][] = [
    ["this machine", "127.0.0.1", {}, 200],
    ["this machine, by IPv6", "::1", {}, 200],
    ["whom the operator allows", "10.1.2.3", {}, 200],
    ["whom the operator allows, through a proxy that it has", "10.1.2.3", proxied, 200],
    ["somebody else", "10.2.0.1", {}, 403],
    ["somebody else through a proxy of this machine", "127.0.0.1", proxied, 403],
  ];
  for (const [name, from, fields, status] of cases) {
    await t.step(name, async () => {
      for (const path of ["/healthz", "/readyz", "/metrics"]) {
        const answer = await ask(node, path, { from, fields });
        assert.equal(answer.status, status, path);
        if (status === 403) assert.match(answer.body, new RegExp(`--metrics-allow ${from}`));
      }
    });
  }
});

Deno.test("a monitor leaves no line in the log, and anything else on its connection does", async () => {
  await using node = await TestNode.start({ isWarm: true, inMemory: true, deployment });
  await using connection = await node.connection("c1");
  await connection.call("math.add", [1, 2], typed);
  const before = node.log.records.length;
  for (const path of ["/healthz", "/readyz", "/metrics"]) await ask(node, path);
  const told = () => node.log.records.slice(before).filter(({ level }) => level !== "debug");
  assert.deepEqual(told(), []);
  const transport = await node.transport("127.0.0.1", 9);
  await transport.write(bytesOf(
    "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\nPOST /math/add HTTP/1.1\r\nhost: localhost\r\n" +
      "content-type: application/json\r\ncontent-length: 5\r\n\r\n[1,2]",
  ));
  await transport.closeWrite();
  await readAll(transport);
  transport.close();
  const events = told().map(({ event }) => event);
  assert.deepEqual(events, ["connection.accepted", "connection.http", "call.executed"]);
});

Deno.test("an embedded node has the same probes: it is ready from its start on", async () => {
  const add = rpc(["int", "int"], ["int"], (a, b) => a + b);
  await using node = await serve({ port: 0, log: "silent", services: { math: { add } } });
  const get = async (path: string) => {
    const response = await fetch(`http://${node.address}${path}`);
    return { status: response.status, text: await response.text() };
  };
  assert.deepEqual(await get("/readyz"), { status: 200, text: "ready\n" });
  await using farcall = await connect(node.address);
  assert.equal(await farcall.call("math", "add", [1, 2]), 3);
  const { text } = await get("/metrics");
  assert.match(
    text,
    /farcall_calls_total\{service="math",rpc="add",client="local",outcome="ok"\} 1\n/,
  );
  assert.match(text, /farcall_executors\{service="math",state="embedded"\} 1\n/);
  await assert.rejects(serve({ port: 0, metricsAllow: ["nowhere"], services: {} }), TypeError);
});

Deno.test("metrics of 1,000 rpcs are one reply that delays nobody", async () => {
  const names = Array.from({ length: 1000 }, (_, index) => `r${index}`);
  const rpcs = Object.fromEntries(names.map((name) => [name, { source }]));
  await using node = await TestNode.start({
    inMemory: true,
    deployment: { services: { many: { rpcs } } },
  });
  await using connection = await node.connection("c1");
  await Promise.all(names.map((name) => connection.call(`many.${name}`)));
  const samples = await scrape(node);
  const calls = [...samples].filter(([name]) => name.startsWith("farcall_calls_total"));
  assert.equal(calls.length, 1000);
  assert.ok(calls.every(([, value]) => value === 1));
  assert.ok(limits.metricRpcsMax >= 1000);
});
