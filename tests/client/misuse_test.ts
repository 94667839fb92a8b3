/** Mistakes of programs without types are reported at once, in the library's own terms. */
import assert from "node:assert/strict";
import { connect, rpc, serve } from "../../mod.ts";
import { mentions } from "../_support/mentions.ts";

const services = {
  m: {
    length: rpc(["bytes"], ["int"], (bytes) => bytes.length),
    lengths: rpc(["bytes", "bytes"], ["int"], (a, b) => a.length + b.length),
    sum: rpc(["Stream[int]"], ["int"], async (numbers) => {
      let sum = 0;
      for await (const number of numbers) sum += Number(number);
      return sum;
    }),
  },
};

/** Any value, as a program without types may pass. */
const untyped = (value: unknown) => value as never;

Deno.test("an impossible call is a TypeError that names the part", async (t) => {
  await using node = await serve({ port: 0, services, log: "silent" });
  await using farcall = await connect(node.address);
  const bytes = new Uint8Array(1);
  const mistakes: Record<string, () => Promise<unknown>> = {
    "the service": () => farcall.call(untyped(undefined), "length", [bytes]),
    "the rpc": () => farcall.call("m", untyped(null), [bytes]),
    "the arguments": () => farcall.call("m", "length", untyped(null)),
    "the options": () => farcall.call("m", "length", [bytes], untyped(null)),
    "signal": () => farcall.call("m", "length", [bytes], { signal: untyped({}) }),
    "types": () => farcall.call("m", "length", [bytes], { types: untyped("bytes") }),
  };
  for (const [part, call] of Object.entries(mistakes)) {
    await t.step(part, async () => {
      await assert.rejects(
        call,
        (error) => error instanceof TypeError && error.message.startsWith(`${part} must be`),
      );
    });
  }
  await t.step("arguments that look like an array", async () => {
    for (const values of ["ab", { length: 1 }, 5, new Set([bytes])]) {
      await assert.rejects(farcall.call("m", "length", untyped(values)), TypeError);
      await assert.rejects(farcall.explain("m", "length", untyped(values)), TypeError);
    }
  });
  assert.equal(await farcall.call("m", "length", [bytes]), 1);
});

Deno.test("an option that is empty is a TypeError that names it", async () => {
  const isEmpty = (name: string) => (error: unknown) =>
    error instanceof TypeError && error.message.startsWith(`${name} is empty`);
  await assert.rejects(connect(""), isEmpty("the target"));
  await assert.rejects(connect("127.0.0.1:1", { as: " " }), isEmpty("as"));
  for (const name of ["as", "key", "server", "tls"]) {
    await assert.rejects(connect("127.0.0.1:1", { [name]: "" }), isEmpty(name));
  }
  for (const name of ["ca", "serverName", "fingerprint"]) {
    const tls = { [name]: "" } as never;
    await assert.rejects(connect("127.0.0.1:1", { tls }), isEmpty(`tls.${name}`));
  }
  for (const name of ["hostname", "over", "services", "clients", "tls"]) {
    await assert.rejects(serve({ port: 0, services, [name]: " " }), isEmpty(name));
  }
  await assert.rejects(serve({ port: 0, services, name: "" }), TypeError);
  await assert.rejects(serve({ port: 0, services, tls: {} as never }), mentions("cert", "key"));
  await assert.rejects(
    serve({ port: 0, services, tls: { cert: "", key: "" } }),
    isEmpty("tls.cert"),
  );
  for (const options of [{ hosts: [""] }, { advertised: [""] }, { clients: { c1: { ip: "" } } }]) {
    await assert.rejects(serve({ port: 0, services, log: "silent", ...options }), TypeError);
  }
  await using node = await serve({ port: 0, services, log: "silent" });
  await using farcall = await connect(node.address);
  await assert.rejects(farcall.call("m", "length", [], { server: "" }), isEmpty("server"));
  await assert.rejects(farcall.call("m", "length", [], { pin: "" }), isEmpty("pin"));
  await assert.rejects(farcall.call("", "length", []), isEmpty("the service"));
  await assert.rejects(farcall.call("m", "", []), isEmpty("the rpc"));
});

Deno.test("an invalid duration is a RangeError that names the option", async () => {
  for (const given of [NaN, -1, 0, Infinity, 1e12, untyped("5"), untyped(null)]) {
    for (const name of ["connectTimeoutMs", "timeoutMs"]) {
      const isNamed = (error: unknown) =>
        error instanceof RangeError && error.message.startsWith(`${name} must be`);
      await assert.rejects(connect("127.0.0.1:1", { [name]: given }), isNamed);
    }
  }
});

Deno.test("bytes with a transferred buffer are reported by argument", async () => {
  await using node = await serve({ port: 0, services, log: "silent" });
  await using farcall = await connect(node.address);
  const detached = new Uint8Array(8);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  await assert.rejects(farcall.call("m", "length", [detached]), /^InvalidArguments: argument 1: /);
  await assert.rejects(farcall.call("m", "lengths", [new Uint8Array(0), detached]), /argument 2: /);
  await assert.rejects(farcall.call("m", "length", [detached.buffer]), /argument 1: /);
});

Deno.test("a stream sent as a list is read again for each call, and never beyond its deadline", async () => {
  await using node = await serve({ port: 0, services, log: "silent" });
  await using farcall = await connect(node.address, { oneShot: true });
  const numbers = [1, 2];
  assert.equal(await farcall.call("m", "sum", [numbers]), 3);
  numbers.push(10);
  assert.equal(await farcall.call("m", "sum", [numbers]), 13);
  let isBegun = false;
  let isEnded = false;
  async function* endless(): AsyncGenerator<number> {
    isBegun = true;
    try {
      for (;;) {
        yield 1;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    } finally {
      isEnded = true;
    }
  }
  // On a busy machine the time may be up before the source is started.
  while (!isBegun) {
    await assert.rejects(
      farcall.call("m", "sum", [endless()], { timeoutMs: 50 }),
      { code: "Deadline Exceeded" },
    );
  }
  while (!isEnded) await new Promise((resolve) => setTimeout(resolve, 1));
  // A source that never waits would block everything else.
  function* eager(): Generator<number> {
    for (;;) yield 1;
  }
  await assert.rejects(
    farcall.call("m", "sum", [eager()], { timeoutMs: 50 }),
    (error: { code?: string }) =>
      error.code === "Deadline Exceeded" || error.code === "Message Too Large",
  );
});

Deno.test("stopping a node inside one of its own calls fails at once, and the node continues", async () => {
  const stops = {
    m: {
      now: rpc([], [], () => first.stop()),
      other: rpc([], [], () => second.stop()),
    },
  };
  await using first = await serve({ port: 0, services: stops, log: "silent" });
  await using second = await serve({ port: 0, services, log: "silent" });
  await using farcall = await connect(first.address);
  await assert.rejects(farcall.call("m", "now", []), mentions("node.stop()"));
  await farcall.call("m", "other", []);
  await second.finished;
});

Deno.test("a node named without its port, or as a URL, gets a suggestion as HOST:PORT", async () => {
  const meant = {
    "localhost": "localhost:8181",
    "10.0.0.5": "10.0.0.5:8181",
    "::1": "[::1]:8181",
    "fd00::": "[fd00::]:8181",
    "node1.example.com:": "node1.example.com:8181",
    "http://10.0.0.5:9000/": "10.0.0.5:9000",
  };
  for (const [target, address] of Object.entries(meant)) {
    await assert.rejects(connect(target), (error: { code?: string; message: string }) => {
      assert.equal(error.code, "Invalid Configuration");
      assert.ok(error.message.includes(`HOST:PORT`) && error.message.includes(`"${address}"`));
      return true;
    });
  }
  await assert.rejects(connect("nowhere.yaml"), (error: Error) => !/HOST:PORT/.test(error.message));
});
