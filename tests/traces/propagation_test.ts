/** A call's trace context travels with it, in every protocol, to the calls that it makes. */
import assert from "node:assert/strict";
import { connect, currentCall, InvalidArguments, rpc, serve } from "../../mod.ts";
import { frameHeaderBytes, FrameKind } from "../../lib/protocol/mod.ts";
import { readUint32 } from "../../lib/encoding/mod.ts";
import { TestNode } from "../_support/nodes/node.ts";
import { ScriptedNode } from "../_support/nodes/scripted_node.ts";

const id = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
const traceparent = `00-${id}-01`;
const tracestate = "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7";

/** Returns its trace context, and whether a script could change it. */
const source = `export function tell() {
  const { trace } = this;
  const own = trace === undefined ? [] : Object.getOwnPropertyNames(trace);
  return JSON.stringify({ trace, own, isFrozen: Object.isFrozen(trace) });
}
export async function later() {
  await null;
  return JSON.stringify({ trace: this.trace });
}`;

const deployment = {
  services: {
    s: {
      rpcs: {
        tell: [{ returns: ["str"], source }],
        later: [{ returns: ["str"], source }],
      },
    },
  },
};

async function overHttp(
  address: string,
  path: string,
  options: { readonly headers?: Record<string, string>; readonly body: unknown },
): Promise<Record<string, unknown>> {
  const response = await fetch(`http://${address}/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...options.headers },
    body: JSON.stringify(options.body),
  });
  const json = await response.json();
  return JSON.parse(json.result ?? json);
}

Deno.test("a trace reaches scripts by every protocol, as frozen data; a malformed one fails no call", async (t) => {
  await using node = await TestNode.start({ isWarm: true, deployment });
  const { address } = node;
  const whole = {
    trace: { traceparent, tracestate },
    own: ["traceparent", "tracestate"],
    isFrozen: true,
  };
  const none = { own: [], isFrozen: true };

  await t.step("frames and text, by the library", async () => {
    for (const oneShot of [false, true]) {
      await using farcall = await connect(address, { oneShot });
      const trace = { traceparent, tracestate };
      const told = async (options = {}) =>
        JSON.parse(await farcall.call("s", "tell", [], options) as string);
      assert.deepEqual(await told({ trace }), whole);
      assert.deepEqual(await told(), none, "a trace belongs to one call");
      assert.deepEqual((await told({ trace: { traceparent } })).trace, { traceparent });
      const later = await farcall.call("s", "later", [], { trace: { traceparent } });
      assert.deepEqual(JSON.parse(later as string), { trace: { traceparent } });
    }
  });

  await t.step("many concurrently, each its own", async () => {
    await using farcall = await connect(address);
    const parents = Array.from(
      { length: 50 },
      (_, index) => `00-${(index + 1).toString(16).padStart(32, "0")}-00f067aa0ba902b7-00`,
    );
    const told = await Promise.all(
      parents.map((traceparent) => farcall.call("s", "later", [], { trace: { traceparent } })),
    );
    assert.deepEqual(
      told.map((text) => JSON.parse(text as string).trace.traceparent),
      parents,
    );
  });

  await t.step("HTTP and JSON-RPC", async () => {
    const headers = { traceparent, tracestate };
    assert.deepEqual(await overHttp(address, "s/tell", { headers, body: [] }), whole);
    const request = { jsonrpc: "2.0", method: "s.tell", id: 1 };
    assert.deepEqual(await overHttp(address, "rpc", { headers, body: request }), whole);
    // A request's own fields take precedence over its message's.
    const body = { ...request, traceparent: `00-${id}-00` };
    const { trace } = await overHttp(address, "rpc", { headers, body });
    assert.deepEqual(trace, { traceparent: `00-${id}-00` });
  });

  await t.step("malformed values are ignored", async () => {
    const unusable = [
      "",
      "00",
      `00-${id}`,
      `00-${id}-01-`,
      `00-${id}-01x`,
      `ff-${id}-01`,
      `00-${id}-0G`,
      `00-${id.toUpperCase()}-01`,
      `00-${"0".repeat(32)}-00f067aa0ba902b7-01`,
      `00-4bf92f3577b34da6a3ce929d0e0e4736-${"0".repeat(16)}-01`,
      `01-${id}-01x`,
      `${traceparent}, ${traceparent}`,
    ];
    for (const bad of unusable) {
      const request = { jsonrpc: "2.0", method: "s.tell", id: 1, traceparent: bad };
      assert.deepEqual(await overHttp(address, "rpc", { body: request }), none, bad);
      await using farcall = await connect(address);
      await assert.rejects(
        farcall.call("s", "tell", [], { trace: { traceparent: bad } }),
        TypeError,
      );
    }
    const odd = [7, null, {}, [traceparent]];
    for (const traceparent of odd) {
      const request = { jsonrpc: "2.0", method: "s.tell", id: 1, traceparent };
      assert.deepEqual(await overHttp(address, "rpc", { body: request }), none);
    }
    for (const tracestate of ["x".repeat(513), "a=\u00e9", 7, ""]) {
      const request = { jsonrpc: "2.0", method: "s.tell", id: 1, traceparent, tracestate };
      const { trace } = await overHttp(address, "rpc", { body: request });
      assert.deepEqual(trace, { traceparent });
    }
  });

  await t.step("a newer version is read as far as this one goes", async () => {
    const headers = { traceparent: `cc-${id}-01-what-will-be` };
    const { trace } = await overHttp(address, "s/tell", { headers, body: [] });
    assert.deepEqual(trace, { traceparent });
  });

  await t.step("pages may send it", async () => {
    await using open = await TestNode.start({
      deployment,
      allowedOrigins: ["https://app.example"],
    });
    const preflight = await fetch(`http://${open.address}/s/tell`, {
      method: "OPTIONS",
      headers: {
        origin: "https://app.example",
        "access-control-request-headers": "content-type,traceparent",
      },
    });
    await preflight.body?.cancel();
    assert.match(preflight.headers.get("access-control-allow-headers")!, /\btraceparent\b/);
  });
});

Deno.test("a program's functions pass on the trace of the call that they serve, unless they set another", async () => {
  await using node = await TestNode.start({ isWarm: true, deployment });
  await using behind = await connect(node.address);
  const other = `00-${"1".repeat(32)}-${"2".repeat(16)}-01`;
  await using front = await serve({
    port: 0,
    log: "silent",
    services: {
      front: {
        own: rpc([], ["str"], () => JSON.stringify(currentCall()!.trace ?? null)),
        pass: rpc([], ["str"], async () => {
          await new Promise((done) => setTimeout(done, 0));
          return await behind.call("s", "tell") as string;
        }),
        other: rpc([], ["str"], async () => {
          const trace = { traceparent: other };
          return await behind.call("s", "tell", [], { trace }) as string;
        }),
      },
    },
  });
  await using edge = await connect(front.address);
  const trace = { traceparent, tracestate };
  const told = async (name: string, options = {}) =>
    JSON.parse(await edge.call("front", name, [], options) as string);
  assert.deepEqual(await told("own", { trace }), trace);
  assert.deepEqual((await told("pass", { trace })).trace, trace);
  assert.deepEqual((await told("other", { trace })).trace, { traceparent: other });
  assert.equal(await told("own"), null);
  assert.equal((await told("pass")).trace, undefined);
});

Deno.test("a node without trace support gets its calls, each with a route of its own", async () => {
  const routes: Record<string, unknown>[] = [];
  const calls: number[] = [];
  await using node = new ScriptedNode(({ kind, route, call, body }, connection) => {
    if (kind === FrameKind.route) routes.push(JSON.parse(new TextDecoder().decode(body)));
    if (kind === FrameKind.request) {
      const described = {
        generation: 1,
        services: [{ name: "s", overloads: [{ rpc: "tell", args: [], returns: ["int"] }] }],
      };
      const json = new TextEncoder().encode(JSON.stringify(described));
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, json.length);
      connection.send(FrameKind.response, 0, call, length, json);
    }
    if (kind !== FrameKind.call) return;
    assert.ok(readUint32(body, 0) > 0 && body.length > frameHeaderBytes - 8);
    calls.push(route);
    const json = new TextEncoder().encode("[7]");
    const payload = new Uint8Array(4 + json.length);
    payload[3] = json.length;
    payload.set(json, 4);
    connection.send(FrameKind.result, 0, call, new Uint8Array(32), payload);
  });
  await using farcall = await connect(node.address);
  const trace = { traceparent, tracestate };
  for (const options of [{}, { trace }, { trace }, {}]) {
    assert.equal(await farcall.call("s", "tell", [], options), 7);
  }
  assert.deepEqual(calls, [1, 0, 0, 1]);
  const plain = { service: "s", rpc: "tell", argumentTypes: [], returnTypes: ["int"] };
  assert.deepEqual(routes, [plain, { ...plain, ...trace }, { ...plain, ...trace }]);
  // Options are checked before anything is sent.
  await assert.rejects(farcall.call("s", "tell", [1]), InvalidArguments);
});
