import assert from "node:assert/strict";
import { inspect } from "node:util";
import { serviceProxy } from "../../lib/client/service_proxy.ts";
import { formatTypes } from "../../lib/client/types_text.ts";

Deno.test("a service that is printed, compared, awaited or concatenated makes no calls", async () => {
  const calls: string[] = [];
  const service = serviceProxy("math", (rpc) => {
    calls.push(rpc);
    return Promise.resolve(rpc);
  });
  const uses: readonly (() => unknown)[] = [
    () => `${service}`,
    () => String(service),
    () => "" + service,
    () => Number(service),
    () => (service as unknown as number) > 1,
    () => (service as unknown) == "math",
    () => [service, service].join(),
    () => [service].toLocaleString(),
    () => JSON.stringify({ service }),
    () => inspect(service, { showProxy: false }),
    () => Deno.inspect(service),
    () => Object.prototype.toString.call(service),
    () => assert.deepEqual(service, service),
    () => service instanceof Map,
    () => Object.keys(service),
    () => Reflect.has(service, "toString"),
    () => service.constructor,
    () => Object.assign({}, service),
    async () => await service,
    () => Promise.resolve(service),
  ];
  for (const use of uses) await use();
  assert.deepEqual(calls, []);
  assert.equal(`${service}`, "[object farcall service math]");
  assert.throws(() => Object.assign(service, { add: 1 }), TypeError);
  assert.equal(await service.add(1, 2), "add");
  assert.equal(await service["all-types"](), "all-types");
});

Deno.test("types leave out the rpcs that a service's functions cannot call", () => {
  const overload = { args: [], returns: [] };
  const overloads = ["add", "toString", "then", "constructor"].map((rpc) => ({ ...overload, rpc }));
  const text = formatTypes([{ name: "math", overloads }]);
  assert.match(text, /add\(\)/);
  assert.doesNotMatch(text, /toString|then\(|constructor/);
});
