/** A node inside a program, as its callers and its functions see it. */
import { generateCertificate } from "../../lib/wire/certificate.ts";
import assert from "node:assert/strict";
import {
  connect,
  type ConnectOptions,
  currentCall,
  type EmbeddedNode,
  type Farcall,
  type LogRecord,
  type Rpc,
  rpc,
  serve,
  type ServeOptions,
  service,
} from "../../mod.ts";
import { NodeConnection } from "../../lib/client/mod.ts";
import { generatePem, type NodeStatus, SigningKey } from "../../lib/wire/mod.ts";
import { temporaryFolder } from "../_support/node.ts";
import { until } from "../_support/processes.ts";

/** A node at a port of the kernel's choice, what it logs, and callers, all ended with it. */
class Program implements AsyncDisposable {
  private constructor(
    readonly node: EmbeddedNode,
    readonly records: readonly LogRecord[],
    readonly callers: AsyncDisposableStack,
  ) {}

  static async start(options: ServeOptions): Promise<Program> {
    const records: LogRecord[] = [];
    const node = await serve({ port: 0, log: (record) => records.push(record), ...options });
    return new Program(node, records, new AsyncDisposableStack());
  }

  async caller(options: ConnectOptions = {}): Promise<Farcall> {
    return this.callers.use(await connect(this.node.address, options));
  }

  async status(): Promise<NodeStatus> {
    const { hostname: host, port } = this.node;
    const connection = await NodeConnection.open({ host, port });
    try {
      return await connection.request({ op: "status" }, { timeoutMs: 5000 });
    } finally {
      await connection.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.callers.disposeAsync();
    await this.node.stop();
  }
}

/** A function that waits until it is told to go on, or its call is given up. */
class Gate {
  begun = 0;
  givenUp: unknown[] = [];
  #open = Promise.withResolvers<void>();

  /** @param heedsSignal Whether it ends when its call is given up. */
  rpc(heedsSignal = true): Rpc {
    return rpc(["str"], ["str"], async (text) => {
      this.begun += 1;
      const { signal } = currentCall()!;
      const left = new Promise<void>((resolve) =>
        signal.addEventListener("abort", () => {
          this.givenUp.push(signal.reason);
          if (heedsSignal) resolve();
        })
      );
      await Promise.race([this.#open.promise, left]);
      return text;
    });
  }

  open(): void {
    this.#open.resolve();
  }
}

Deno.test("every type goes to a function and back as its own", async () => {
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

/** A value as a text that tells it from others. */
function show(value: unknown): string {
  return Deno.inspect(value, { strAbbreviateSize: Infinity });
}

Deno.test("overloads, no value, several values, functions that answer later", async () => {
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

Deno.test("what goes wrong in a function is its caller's Execution Exception, and the log has the stack", async () => {
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
  assert.deepEqual(await failure("throws", [7]), [wrong, "7 is out of range"]);
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
  assert.match(String(fields.stack), /RangeError: 7 is out of range\n.*serve_test\.ts/s);
});

Deno.test("a function knows its call while it runs, whatever it awaits, and nobody else does", async () => {
  const afterwards: unknown[] = [];
  const later = Promise.withResolvers<void>();
  await using program = await Program.start({
    clients: { c1: { ip: "127.0.0.1" }, c2: { ip: "127.0.0.1" } },
    services: {
      who: {
        am_i: rpc(["int"], ["str"], async (turns) => {
          for (let turn = 0; turn < turns; turn++) await new Promise((done) => setTimeout(done, 1));
          const { id, service, rpc, client, from, remainingMs, signal } = currentCall()!;
          assert.ok(id > 0 && remainingMs > 0 && remainingMs <= 20_000 && !signal.aborted);
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
    await program.caller({ as: "c1", timeoutMs: 20_000 }),
    await program.caller({ as: "c2", timeoutMs: 20_000 }),
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

Deno.test("a call whose time is up, or that is cancelled, raises its function's signal", async () => {
  const gate = new Gate();
  await using program = await Program.start({ services: { gate: { pass: gate.rpc() } } });
  const caller = await program.caller();
  const late = caller.call("gate", "pass", ["a"], { timeoutMs: 50 });
  await assert.rejects(late, { code: "Deadline Exceeded" });
  await until(() => gate.givenUp.length === 1, "the signal of the call that was late");
  const giveUp = new AbortController();
  const cancelled = caller.call("gate", "pass", ["b"], { signal: giveUp.signal });
  await until(() => gate.begun === 2, "the second call");
  giveUp.abort();
  await assert.rejects(cancelled, { code: "Cancelled" });
  await until(() => gate.givenUp.length === 2, "the signal of the call that was cancelled");
  const leaving = await connect(program.node.address);
  const lost = leaving.call("gate", "pass", ["c"]).catch((error) => error.code);
  await until(() => gate.begun === 3, "the third call");
  await leaving.close();
  assert.equal(await lost, "Connection Lost");
  await until(() => gate.givenUp.length === 3, "the signal of the call whose caller has left");
  assert.deepEqual(gate.givenUp.map((reason) => (reason as { code: string }).code).slice(1), [
    "Cancelled",
    "Cancelled",
  ]);
  gate.open();
});

Deno.test("a service's own timeout holds, whatever a caller asks for", async () => {
  const gate = new Gate();
  await using program = await Program.start({
    services: { gate: service({ pass: gate.rpc() }, { limits: { timeoutMs: 50 } }) },
  });
  const caller = await program.caller({ timeoutMs: 60_000 });
  const late = caller.call("gate", "pass", ["a"]);
  await assert.rejects(late, {
    code: "Deadline Exceeded",
    message: "the function did not answer within the call's deadline",
  });
});

Deno.test("so many calls run, so many wait, and more are Overloaded; others are not concerned", async () => {
  const gate = new Gate();
  await using program = await Program.start({
    services: {
      gate: service({ pass: gate.rpc() }, { limits: { callsMax: 2, queueMax: 3 } }),
      math: { add: rpc(["int", "int"], ["int"], (a, b) => a + b) },
    },
  });
  const caller = await program.caller();
  const calls = [1, 2, 3, 4, 5].map((each) => caller.call("gate", "pass", [`${each}`]));
  await assert.rejects(caller.call("gate", "pass", ["6"]), {
    code: "Overloaded",
    message: '2 calls of service "gate" run and 3 wait already; try again later',
  });
  assert.equal(gate.begun, 2);
  assert.equal(await caller.call("math", "add", [2, 3]), 5);
  const status = await program.status();
  assert.deepEqual(
    [
      status.isEmbedded,
      status.generation,
      status.services[0].executors,
      status.services[0].waiting,
    ],
    [true, 0, [{ state: "embedded", callsInFlight: 2 }], 3],
  );
  gate.open();
  assert.deepEqual(await Promise.all(calls), ["1", "2", "3", "4", "5"]);
});

Deno.test("a call that waits is told when its time is up, or forgotten when it is cancelled", async () => {
  const gate = new Gate();
  await using program = await Program.start({
    services: { gate: service({ pass: gate.rpc() }, { limits: { callsMax: 1 } }) },
  });
  const caller = await program.caller();
  const first = caller.call("gate", "pass", ["first"]);
  await until(() => gate.begun === 1, "the first call");
  const giveUp = new AbortController();
  const waiting = caller.call("gate", "pass", ["never"], { signal: giveUp.signal });
  const hasty = caller.call("gate", "pass", ["hasty"], { timeoutMs: 50 });
  await assert.rejects(hasty, { code: "Deadline Exceeded" });
  giveUp.abort();
  await assert.rejects(waiting, { code: "Cancelled" });
  await until(async () => (await program.status()).services[0].waiting === 0, "both to leave");
  gate.open();
  assert.equal(await first, "first");
  assert.equal(await caller.call("gate", "pass", ["last"]), "last");
  assert.equal(gate.begun, 2);
});

Deno.test("a function that goes on after its caller has left keeps its place", async () => {
  const gate = new Gate();
  await using program = await Program.start({
    services: { gate: service({ pass: gate.rpc(false) }, { limits: { callsMax: 1 } }) },
  });
  const caller = await program.caller();
  await assert.rejects(caller.call("gate", "pass", ["a"], { timeoutMs: 50 }), {
    code: "Deadline Exceeded",
  });
  const next = caller.call("gate", "pass", ["b"]);
  await caller.call("gate", "none").catch(() => {});
  assert.equal(gate.begun, 1);
  gate.open();
  assert.equal(await next, "b");
});

Deno.test("many short functions do not keep the program from anything else", async () => {
  let turns = 0;
  const ticking = setInterval(() => turns += 1, 1);
  try {
    const spinMs = 2;
    await using program = await Program.start({
      services: {
        spin: service({
          once: rpc([], ["int"], () => {
            const endMs = performance.now() + spinMs;
            while (performance.now() < endMs);
            return turns;
          }),
        }, { limits: { callsMax: 1 } }),
      },
    });
    const caller = await program.caller();
    const calls = Array.from({ length: 100 }, () => caller.call("spin", "once"));
    const seen = await Promise.all(calls) as number[];
    assert.ok(
      new Set(seen).size > 5,
      `turns of the event loop between calls: ${new Set(seen).size}`,
    );
  } finally {
    clearInterval(ticking);
  }
});

Deno.test("this machine may call where no clients are named, as `local`, and under no other name", async () => {
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

Deno.test("clients and tenants are those of an init.yaml", async () => {
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

Deno.test("a client with a key has to prove it", async () => {
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

Deno.test("a node takes no deployment, and says why", async () => {
  await using program = await Program.start({ services: {} });
  const { hostname: host, port } = program.node;
  const connection = await NodeConnection.open({ host, port });
  try {
    const refused = {
      code: "Deploy Rejected",
      message: /^this node's services are part of a program/,
    };
    const patience = { timeoutMs: 5000 };
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

Deno.test("a node that stops lets calls in flight finish, and is finished then", async () => {
  const gate = new Gate();
  const program = await Program.start({ services: { gate: { pass: gate.rpc() } }, name: "n1" });
  assert.equal(program.node.name, "n1");
  const caller = await program.caller();
  const call = caller.call("gate", "pass", ["through"]);
  await until(() => gate.begun === 1, "the call");
  const stopping = program.node.stop();
  let isFinished = false;
  program.node.finished.then(() => isFinished = true);
  await assert.rejects(caller.call("gate", "pass", ["late"]));
  assert.equal(isFinished, false);
  gate.open();
  assert.equal(await call, "through");
  await stopping;
  await program.node.finished;
  await program[Symbol.asyncDispose]();
});

Deno.test("who takes the records may fail: a call does not", async () => {
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

Deno.test("what a program says of its node is checked, before it listens", async (t) => {
  const add = rpc(["int", "int"], ["int"], (a, b) => a + b);
  const mistakes: [string, ServeOptions, RegExp][] = [
    ["a service's name", { services: { "a b": { add } } }, /^"a b" is no name of a service: /],
    ["an rpc's name", { services: { math: { "a-b": add } } }, /^"a-b" is no name of a rpc: /],
    ["a node's name", { services: {}, name: "" }, /^"" is no name of a node: /],
    [
      "no rpc",
      { services: { math: { add: ((a: number) => a) as never } } },
      /^math\.add is no rpc; write rpc\(/,
    ],
    [
      "an overload twice",
      { services: { math: { add: [add, add] } } },
      /^service "math" has two overloads add\(int, int\); /,
    ],
    [
      "a tenant that is no client",
      { services: { math: service({ add }, { tenants: ["c1"] }) } },
      /^service "math" has the tenant "c1", which is none of the clients: local$/,
    ],
    [
      "a limit that is none",
      { services: { math: service({ add }, { limits: { heapBytes: 1 } as never }) } },
      /^service "math" has no limit "heapBytes"; there are timeoutMs, /,
    ],
    [
      "a limit out of bounds",
      { services: { math: service({ add }, { limits: { callsMax: 0 } }) } },
      /^callsMax of service "math" must be a whole number from 1 to 65536, got 0$/,
    ],
    [
      "an address that is none",
      { services: {}, clients: { c1: { ip: "home" } } },
      /^the ip of client "c1" must be an IP address, got "home"$/,
    ],
    [
      "a client without address and key",
      { services: {}, clients: { c1: {} } },
      /^the ip of client/,
    ],
    ["a client's key", { services: {}, clients: { c1: { key: "x" } } }, /^the key of client "c1"/],
    ["a client's port", { services: {}, clients: { c1: { ip: "::1", port: 0 } } }, /^the port of /],
    [
      "a port",
      { services: {}, port: 1.5 },
      /^port must be a whole number from 0 to 65535, got 1\.5$/,
    ],
    ["a level", { services: {}, log: "loud" as never }, /^log must be debug, .* got "loud"$/],
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
  await t.step("a type that is none", () => {
    assert.throws(() => rpc(["integer"], [], () => {}), {
      name: "TypeError",
      message: 'rpc(["integer"], [], …): unknown type "integer", did you mean "int"?',
    });
  });
  await t.step("a name that is none", () => {
    assert.throws(() => rpc(["int"], [], () => {}, { names: ["a b"] }), {
      message: /^rpc\(int\) -> None: "a b" is no name of an argument: /,
    });
  });
});

Deno.test("a program's node with a certificate is called over TLS, and in no other way", async () => {
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
