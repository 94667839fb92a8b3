/** Bounds: `limits` is frozen, and parts that are given other bounds use only these. */
import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { choices } from "../lib/limits/_choices.ts";
import { type LimitChanges, limits, limitsWith } from "../lib/limits/mod.ts";
import { repository } from "./_support/commands/cli.ts";

/** All objects within an object, by path. */
function* groupsOf(value: object, path: string): Generator<[path: string, group: object]> {
  yield [path, value];
  for (const [name, part] of Object.entries(value)) {
    if (typeof part === "object") yield* groupsOf(part, `${path}.${name}`);
    else assert.equal(typeof part, "number", `${path}.${name}`);
  }
}

Deno.test("neither global bounds nor those passed to a constructor can be changed", () => {
  const own = limitsWith({ drainTimeoutMs: 5, serviceDefaults: { queueMax: 2 } });
  for (const all of [limits, own]) {
    for (const [path, group] of groupsOf(all, "limits")) assert.ok(Object.isFrozen(group), path);
  }
  assert.throws(() => Object.assign(limits.rawIp, { silentMs: 1 }), TypeError);
});

Deno.test("derived bounds differ only in the given values", () => {
  const own = limitsWith({ drainTimeoutMs: 5, serviceDefaults: { queueMax: 2 } });
  const { serviceDefaults } = limits;
  assert.deepEqual(own, {
    ...limits,
    drainTimeoutMs: 5,
    serviceDefaults: { ...serviceDefaults, queueMax: 2 },
  });
  const further = limitsWith({ sweepEveryMs: 7 }, own);
  assert.deepEqual([further.drainTimeoutMs, further.sweepEveryMs], [5, 7]);
  assert.equal(limitsWith(), limits);
  assert.equal(limitsWith({ drainTimeoutMs: undefined }, own), own);
});

Deno.test("an unknown bound cannot be set", () => {
  const wrong: unknown[] = [
    { drainTimeoutsMs: 5 },
    { toString: 5 },
    { serviceDefaults: { queue: 2 } },
    { serviceDefaults: 2 },
    { drainTimeoutMs: "5" },
    { drainTimeoutMs: NaN },
  ];
  for (const changes of wrong) {
    assert.throws(() => limitsWith(changes as LimitChanges), TypeError, JSON.stringify(changes));
  }
});

/** Rooms whose parts get their bounds at construction. */
const rooms = [
  "channel",
  "client",
  "deploy",
  "executor/supervisor",
  "helper",
  "log",
  "server",
];

Deno.test("bounds that a node or caller can choose are read from its own value", async () => {
  const wrong: string[] = [];
  for (const room of rooms) {
    for await (const path of sourcesIn(join(repository, "lib", room))) {
      const text = await Deno.readTextFile(path);
      for (const [, name = ""] of text.matchAll(/(?<![\w#.])limits\.(\w+)/g)) {
        if (Object.hasOwn(choices, name)) wrong.push(`${relative(repository, path)}: ${name}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

async function* sourcesIn(folder: string): AsyncGenerator<string, void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* sourcesIn(path);
    else if (name.endsWith(".ts")) yield path;
  }
}
