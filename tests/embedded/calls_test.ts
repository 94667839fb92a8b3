/** Functions of an embedded node that call its other services, as their own service. */
import assert from "node:assert/strict";
import { connect, currentCall, rpc, serve, service } from "../../mod.ts";

const prices = service({
  of: [
    rpc(["str"], ["int"], (name) => {
      if (name === "apple") return 3;
      throw new RangeError(`no price of ${name}`);
    }),
    rpc(["int"], ["str"], () => currentCall()!.client),
  ],
  double: rpc(["Stream[int]"], ["Stream[int]"], async function* (numbers) {
    for await (const number of numbers) yield 2 * number;
  }),
  sleep: rpc([], ["bool"], () => {
    const { signal } = currentCall()!;
    return new Promise<boolean>((resolve) =>
      signal.addEventListener("abort", () => {
        woken.resolve(signal.aborted);
        resolve(true);
      })
    );
  }),
  secret: rpc([], ["int"], () => 42),
}, { tenants: [] });

let woken = Promise.withResolvers<boolean>();

const other = (name: string) => currentCall()!.farcall!.service(name);

async function told(work: () => unknown): Promise<string> {
  try {
    return String(await work());
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

const looks: Record<string, () => unknown> = {
  of: () => other("prices").of!("apple"),
  overload: () => other("prices").of!(7),
  thrown: () => other("prices").of!("nothing"),
  types: () => other("prices").of!(true),
  names: () => Object.keys(other("prices")),
  unknown: () => other("constructor"),
  streams: async () => {
    const items = await other("prices").double!([1, 2, 3]) as AsyncIterable<number>;
    return await Array.fromAsync(items);
  },
  half: async () => {
    const endless = async function* () {
      for (let number = 1;; number++) yield number;
    };
    const items = await other("prices").double!(endless()) as AsyncIterable<number>;
    for await (const item of items) if (item > 100) return `left at ${item}`;
  },
  broken: () =>
    other("prices").double!((function* () {
      yield 1;
      throw new EvalError("no more");
    })()).then((items) => Array.fromAsync(items as AsyncIterable<number>)),
};

const shop = service({
  look: rpc(["str"], ["str"], (what) => told(looks[what]!)),
  wait: rpc([], ["bool"], async () => await other("prices").sleep!() as boolean),
  loop: rpc(["int"], ["int"], async (depth) => await other("shop").loop!(depth + 1) as number),
}, { calls: { prices: ["of", "double", "sleep"], shop: ["loop"] } });

const plain = { look: rpc([], ["bool"], () => "farcall" in currentCall()!) };

Deno.test("functions call what is granted, and nothing else", async (t) => {
  const failures: string[] = [];
  await using node = await serve({
    port: 0,
    services: { prices, shop, plain },
    log: ({ level, event }) => void (level === "error" && failures.push(event)),
  });
  await using farcall = await connect(node.address);
  for (
    const [what, expected] of [
      ["of", /^3$/],
      ["overload", /^service:shop$/],
      ["thrown", /^ExecutionException: prices\.of: RangeError: no price of nothing$/],
      ["types", /^InvalidArguments: /],
      ["names", /^of,double,sleep$/],
      ["unknown", /^TypeError: .*"constructor".*\bprices\b.*\bshop\b/],
      ["streams", /^2,4,6$/],
      ["half", /^left at 102$/],
      ["broken", /^EvalError: no more$/],
    ] as const
  ) {
    await t.step(what, async () => {
      assert.match(await farcall.call("shop", "look", [what]) as string, expected);
    });
  }
  await t.step(
    "clients may not call it themselves, and other services may call nothing",
    async () => {
      const code = "Client Not Registered";
      await assert.rejects(farcall.call("prices", "of", ["apple"]), { code });
      await assert.rejects(connectedAs("service:shop"), { code });
      assert.equal(await farcall.call("plain", "look"), false);

      async function connectedAs(as: string): Promise<unknown> {
        await using claiming = await connect(node.address, { as });
        return await claiming.call("prices", "of", ["apple"]);
      }
    },
  );
  await t.step("a call loop ends with an explicit error", async () => {
    await assert.rejects(farcall.call("shop", "loop", [0]), /\bloop\b.*\b16\b/);
  });
  await t.step("a deadline and a cancel reach the called function", async () => {
    woken = Promise.withResolvers();
    const timeoutMs = 100;
    await assert.rejects(farcall.call("shop", "wait", [], { timeoutMs }), {
      code: "Deadline Exceeded",
    });
    assert.equal(await woken.promise, true);
    woken = Promise.withResolvers();
    const controller = new AbortController();
    const waiting = farcall.call("shop", "wait", [], { signal: controller.signal });
    controller.abort();
    await assert.rejects(waiting, { code: "Cancelled" });
  });
  assert.deepEqual(failures, []);
});

Deno.test("a call loop over two programs ends, too, however they are connected", async () => {
  const behind: Awaited<ReturnType<typeof connect>>[] = [];
  await using first = await serve({
    port: 0,
    log: "silent",
    services: {
      a: {
        loop: rpc(
          ["int"],
          ["int"],
          (n) => behind[0]!.call("b", "loop", [n + 1]) as Promise<number>,
        ),
      },
    },
  });
  await using back = await connect(first.address);
  await using node = await serve({
    port: 0,
    log: "silent",
    services: {
      b: { loop: rpc(["int"], ["int"], (n) => back.call("a", "loop", [n + 1]) as Promise<number>) },
    },
  });
  await using second = await connect(node.address);
  behind.push(second);
  await assert.rejects(back.call("a", "loop", [0]), /\bloop\b/);
});

Deno.test("granted rpcs must exist", async () => {
  const wrong: Record<string, string[]>[] = [
    { stock: ["of"] },
    { constructor: ["of"] },
    { prices: ["off"] },
    { prices: [] },
  ];
  for (const calls of wrong) {
    const services = { prices, shop: service({}, { calls }) };
    await assert.rejects(serve({ port: 0, services }), TypeError);
  }
});
