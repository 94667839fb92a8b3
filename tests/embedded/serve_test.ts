/** An embedded node, as seen by its callers and its functions. */
import { generateCertificate } from "../../lib/identity/certificate.ts";
import assert from "node:assert/strict";
import { connect, currentCall, rpc, serve, type ServeOptions, service } from "../../mod.ts";
import { NodeConnection } from "../../lib/client/mod.ts";
import { generatePem, SigningKey } from "../../lib/identity/mod.ts";
import { temporaryFolder } from "../_support/nodes/node.ts";
import { Program } from "./_program.ts";
import { mentions } from "../_support/mentions.ts";

Deno.test("values of every type survive a round trip through a function", async () => {
  const types = [
    ["int", 3],
    ["int", 2n ** 70n],
    ["float", -0.5],
    ["str", "ä".repeat(5000)],
    ["bool", true],
    ["bytes", new Uint8Array([0, 255])],
    ["None", null],
    ["List[int]", [1, 2]],
    ["Dict[str, Optional[int]]", { a: 1, b: null }],
    ["Tuple[int, str]", [1, "a"]],
  ] as const;
  const rpcs = Object.fromEntries(
    types.map(([type], index) => [`echo${index}`, rpc([type], [type], (value) => value as never)]),
  );
  await using program = await Program.start({ services: { echo: rpcs } });
  const caller = await program.caller();
  for (const [index, [type, value]] of types.entries()) {
    const got = await caller.call("echo", `echo${index}`, [value]);
    assert.equal(show(got), show(value), type);
  }
});

/** A value's distinguishing text. */
function show(value: unknown): string {
  return Deno.inspect(value, { strAbbreviateSize: Infinity });
}

Deno.test("overloads, no value, several values, asynchronous functions", async () => {
  const heard: unknown[] = [];
  await using program = await Program.start({
    services: {
      math: {
        add: [
          rpc(["int", "int"], ["int"], (a, b) => a + b),
          rpc(["str", "str"], ["str"], async (a, b) => await Promise.resolve(a + b)),
        ],
        divide: rpc(["int", "int"], ["int", "int"], (a, b) => [Math.trunc(a / b), a % b]),
        hear: rpc(["bytes"], [], (bytes) => void heard.push(bytes)),
      },
    },
  });
  const math = (await program.caller()).service("math");
  assert.equal(await math.add(2, 3), 5);
  assert.equal(await math.add("far", "call"), "farcall");
  assert.deepEqual(await math.divide(17, 5), [3, 2]);
  assert.equal(await math.hear(new Uint8Array([1, 2])), undefined);
  assert.deepEqual(heard, [new Uint8Array([1, 2])]);
});

Deno.test("a function's error becomes its caller's Execution Exception, and the log has the stack", async () => {
  await using program = await Program.start({
    services: {
      odd: {
        throws: rpc(["int"], [], (value) => {
          throw new RangeError(`${value} is out of range`);
        }),
        rejects: rpc([], [], () => Promise.reject(new Error("later"))),
        lies: rpc([], ["int"], () => "seven" as unknown as number),
        throwsNothing: rpc([], [], () => {
          throw undefined;
        }),
        huge: rpc([], ["bytes"], () => new Uint8Array(17 * 1024 * 1024)),
      },
      small: service(
        { long: rpc([], ["str"], () => "x".repeat(100)) },
        { limits: { resultBytesMax: 50 } },
      ),
    },
  });
  const caller = await program.caller();
  const failure = (name: string, values: unknown[] = []) =>
    caller.call("odd", name, values).then(
      () => assert.fail(),
      (error) => [error.code, error.message],
    );
  const wrong = "Execution Exception";
  assert.deepEqual(await failure("throws", [7]), [wrong, "RangeError: 7 is out of range"]);
  assert.deepEqual(await failure("rejects"), [wrong, "later"]);
  assert.deepEqual(await failure("lies"), [wrong, 'returned "seven", but declares int']);
  assert.deepEqual(await failure("throwsNothing"), [wrong, "undefined"]);
  assert.equal((await failure("huge"))[0], "Message Too Large");
  assert.deepEqual((await failure("throws", ["x"]))[0], "Invalid Arguments");
  assert.deepEqual((await failure("none"))[0], "RPC Not Found");
  await assert.rejects(caller.call("small", "long"), { code: "Message Too Large" });
  const { fields } = program.records.find(({ event }) => event === "call.failed")!;
  assert.deepEqual(
    [fields.service, fields.rpc, fields.client, fields.exception, fields.call],
    ["odd", "throws", "local", wrong, 1],
  );
  assert.match(String(fields.stack), mentions("RangeError", "serve_test.ts"));
});

Deno.test("a function knows its current call, whatever it awaits, and other code does not", async () => {
  const afterwards: unknown[] = [];
  const later = Promise.withResolvers<void>();
  await using program = await Program.start({
    clients: { c1: { ip: "127.0.0.1" }, c2: { ip: "127.0.0.1" } },
    services: {
      who: {
        am_i: rpc(["int"], ["str"], async (turns) => {
          for (let turn = 0; turn < turns; turn++) await new Promise((done) => setTimeout(done, 1));
          const { id, service, rpc, client, from, remainingMs, signal } = currentCall()!;
          assert.ok(id > 0 && remainingMs > 0 && remainingMs <= 60_000 && !signal.aborted);
          assert.match(from, /^127\.0\.0\.1:\d+$/);
          return `${service}.${rpc} ${client}`;
        }),
        leave: rpc([], [], () => {
          setTimeout(() => {
            afterwards.push(currentCall());
            later.resolve();
          });
        }),
      },
    },
  });
  const [c1, c2] = [
    await program.caller({ as: "c1", timeoutMs: 60_000 }),
    await program.caller({ as: "c2", timeoutMs: 60_000 }),
  ];
  const answers = await Promise.all(
    [c1, c2, c1, c2].map((caller, index) => caller.call("who", "am_i", [index])),
  );
  assert.deepEqual(answers, ["who.am_i c1", "who.am_i c2", "who.am_i c1", "who.am_i c2"]);
  await c1.call("who", "leave");
  await later.promise;
  assert.deepEqual(afterwards, [undefined], "its call is over");
  assert.equal(currentCall(), undefined);
});

Deno.test("without clients, this machine may call, as `local` only", async () => {
  await using program = await Program.start({
    services: { who: { am_i: rpc([], ["str"], () => currentCall()!.client) } },
  });
  assert.equal(await (await program.caller()).call("who", "am_i"), "local");
  assert.equal(await (await program.caller({ as: "local" })).call("who", "am_i"), "local");
  const stranger = await program.caller({ as: "c1" });
  await assert.rejects(stranger.call("who", "am_i"), {
    code: "Client Not Registered",
    message: 'client "c1" from 127.0.0.1 is not registered on this node',
  });
});

Deno.test("clients and tenants follow the rules of init.yaml", async () => {
  const am_i = rpc([], ["str"], () => currentCall()!.client);
  await using program = await Program.start({
    clients: { far: { ip: "10.0.0.9" }, c1: { ip: "localhost" }, c2: { ip: "127.0.0.1" } },
    services: {
      open: { am_i },
      second: service({ am_i }, { tenants: ["c2"], description: "for c2" }),
      nobody: service({ am_i }, { tenants: [] }),
    },
  });
  const unnamed = await program.caller();
  assert.equal(await unnamed.call("open", "am_i"), "c1");
  assert.equal(await unnamed.call("second", "am_i"), "c2");
  const closed = { code: "Client Not Registered" };
  await assert.rejects(unnamed.call("nobody", "am_i"), closed);
  await assert.rejects((await program.caller({ as: "c1" })).call("second", "am_i"), closed);
  await assert.rejects((await program.caller({ as: "far" })).call("open", "am_i"), closed);
});

Deno.test("a client with a key must prove it", async () => {
  await using folder = await temporaryFolder();
  const key = `${folder.path}/c1.key`;
  const pem = await generatePem();
  await Deno.writeTextFile(key, pem, { mode: 0o600 });
  const { publicKey } = await SigningKey.fromPem(pem);
  const am_i = rpc([], ["str"], () => currentCall()!.client);
  await using program = await Program.start({
    clients: { c1: { key: publicKey }, c2: { ip: "127.0.0.1", key: publicKey } },
    services: { who: { am_i } },
  });
  assert.equal(await (await program.caller({ as: "c1", key })).call("who", "am_i"), "c1");
  assert.equal(await (await program.caller({ as: "c2", key })).call("who", "am_i"), "c2");
  const unproved = (await program.caller({ as: "c2" })).call("who", "am_i");
  await assert.rejects(unproved, { code: "Unauthenticated" });
});

Deno.test("a pin holds a call to the functions of one start of the program", async () => {
  const services = { math: { add: rpc(["int", "int"], ["int"], (a, b) => a + b) } };
  await using first = await Program.start({ services });
  await using second = await Program.start({ services });
  const caller = await first.caller();
  const { script } = await caller.reply("math", "add", [2, 3]);
  assert.equal(await caller.call("math", "add", [2, 3], { pin: script }), 5);
  const other = await second.caller();
  await assert.rejects(other.call("math", "add", [2, 3], { pin: script }), {
    code: "RPC Not Found",
  });
});

Deno.test("a node refuses deployments, and says why", async () => {
  await using program = await Program.start({ services: {} });
  const { hostname: host, port } = program.node;
  const connection = await NodeConnection.open({ host, port });
  try {
    const refused = {
      code: "Deploy Rejected",
      message: mentions("services", "program"),
    };
    const patience = { timeoutMs: 60_000 };
    const deployment = { id: "1", deployer: "tester" };
    const manifest = { format: 1, node: "s1", clients: [], services: [] } as const;
    await assert.rejects(connection.request({ op: "observe", scripts: [] }, patience), refused);
    await assert.rejects(
      connection.request({ op: "begin", deployment, generation: 0 }, patience),
      refused,
    );
    await assert.rejects(
      connection.request({ op: "stage", manifest, deployment }, patience),
      refused,
    );
    await assert.rejects(connection.request({ op: "history" }, patience), refused);
  } finally {
    await connection.close();
  }
});

Deno.test("a failing log does not fail a call", async () => {
  await using node = await serve({
    port: 0,
    services: { math: { add: rpc(["int", "int"], ["int"], (a, b) => a + b) } },
    log: () => {
      throw new Error("no log");
    },
  });
  await using caller = await connect(node.address);
  assert.equal(await caller.call("math", "add", [2, 3]), 5);
});

Deno.test("a program's options are checked before its node listens", async (t) => {
  const add = rpc(["int", "int"], ["int"], (a, b) => a + b);
  const mistakes: [string, ServeOptions, RegExp][] = [
    ["a service's name", { services: { "a b": { add } } }, mentions('"a b"')],
    ["an rpc's name", { services: { math: { "a-b": add } } }, mentions('"a-b"')],
    ["a node's name", { services: {}, name: "" }, mentions('""', "node")],
    [
      "no rpc",
      { services: { math: { add: ((a: number) => a) as never } } },
      mentions("math.add", "rpc("),
    ],
    [
      "an overload twice",
      { services: { math: { add: [add, add] } } },
      mentions('"math"', "add(int, int)"),
    ],
    [
      "a tenant that is not a client",
      { services: { math: service({ add }, { tenants: ["c1"] }) } },
      mentions('"math"', '"c1"', "local"),
    ],
    [
      "a limit that is none",
      { services: { math: service({ add }, { limits: { heapBytes: 1 } as never }) } },
      mentions('"math"', '"heapBytes"', "timeoutMs"),
    ],
    [
      "a limit out of bounds",
      { services: { math: service({ add }, { limits: { callsMax: 0 } }) } },
      mentions("callsMax", '"math"', "65536"),
    ],
    [
      "an address that is none",
      { services: {}, clients: { c1: { ip: "home" } } },
      mentions("ip", '"c1"', '"home"'),
    ],
    [
      "an address that no machine has",
      { services: {}, clients: { c1: { ip: "0:0::0" } } },
      mentions("ip", '"c1"', '"0:0::0"'),
    ],
    [
      "an address that may ask for metrics and that no machine has",
      { services: {}, metricsAllow: ["0.0.0.0"] },
      mentions('"0.0.0.0"', "0.0.0.0/0"),
    ],
    [
      "a client without address and key",
      { services: {}, clients: { c1: {} } },
      mentions("ip", '"c1"'),
    ],
    ["a client's key", { services: {}, clients: { c1: { key: "x" } } }, mentions('"c1"', "key")],
    [
      "a client's port",
      { services: {}, clients: { c1: { ip: "::1", port: 0 } } },
      mentions("port", '"c1"'),
    ],
    [
      "a port",
      { services: {}, port: 1.5 },
      mentions("port", "65535", "1.5"),
    ],
    ["a level", { services: {}, log: "loud" as never }, mentions("log", "debug", '"loud"')],
  ];
  for (const [what, options, message] of mistakes) {
    await t.step(what, async () => {
      await assert.rejects(serve({ port: 0, ...options }), (error: Error) => {
        assert.ok(error instanceof TypeError || error instanceof RangeError);
        assert.match(error.message, message);
        return true;
      });
    });
  }
  await t.step("a malformed type", () => {
    assert.throws(() => rpc(["integer"], [], () => {}), {
      name: "TypeError",
      message: 'rpc(["integer"], [], …): unknown type "integer", did you mean "int"?',
    });
  });
  await t.step("a malformed name", () => {
    assert.throws(() => rpc(["int"], [], () => {}, { names: ["a b"] }), {
      message: mentions("rpc(int) -> None", '"a b"'),
    });
  });
});

Deno.test("an embedded node with a certificate accepts calls over TLS only", async () => {
  const nowMs = Date.now();
  const { certificate, key, fingerprint } = await generateCertificate({
    hosts: ["127.0.0.1", "farcall.invalid"],
    fromMs: nowMs - 1000,
    toMs: nowMs + 3_600_000,
  });
  const services = { math: { add: rpc(["int", "int"], ["int"], (a, b) => a + b) } };
  await using node = await serve({
    port: 0,
    services,
    tls: { cert: certificate, key },
    log: "silent",
  });
  await using farcall = await connect(node.address, { tls: { fingerprint } });
  assert.equal(await farcall.call("math", "add", [2, 3]), 5);
  await using plain = await connect(node.address);
  await assert.rejects(plain.call("math", "add", [2, 3]), /speaks TLS/);
  await assert.rejects(serve({ port: 0, services, tls: { cert: key, key } }), TypeError);
});
