/** Properties of the executable alone: it is self-contained, and depends on nothing in its environment. */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { Cli } from "../_support/commands/cli.ts";
import { filesBelow, Fleet } from "../_support/nodes/fleet.ts";
import { runtimeEnd } from "../../lib/packed/elf_overlay.ts";
import type { PackedFacts } from "../../lib/packed/mod.ts";
import { mapStack, packedSourceMaps } from "../../lib/packed/source_stack.ts";
import { mounted, needing, ownMounts, withoutTemporaryFolders } from "../_support/programs.ts";
import { until } from "../_support/nodes/node.ts";
import { executable } from "./_executable.ts";
import { failure, mentions } from "../_support/mentions.ts";

Deno.test("compiled farcall needs no file beside it, and leaves only its cache", async () => {
  await using program = await executable();
  const { project } = program;
  await using fleet = await Fleet.start(new Cli(program));
  await fleet.succeed(["init"]);
  assert.equal(await fleet.succeed(["call", "math.add", "2", "3"]), "5");
  for (const node of [fleet.s1, fleet.s2]) assert.equal((await node.stop()).code, 0);
  const left = (await filesBelow(project.folder))
    // The runtime's own code cache.
    .filter((path) => !basename(path).startsWith("deno-compile-"));
  assert.equal(left.length, 3, left.join(", "));
  assert.equal(left[0], "farcall");
  assert.match(left[1], /^home\/\.cache\/farcall\/esbuild-[\d.]+-\w+-\w+\/esbuild$/);
  assert.match(left[2], /^home\/\.cache\/farcall\/models\/[0-9a-f]+$/);
});

Deno.test("compiled farcall stores what is rarely needed where no start reads it", async (t) => {
  await using program = await executable();
  const whole = await Deno.readFile(program.project.path("farcall"));
  const end = runtimeEnd(whole);
  // Elsewhere, and with Deno 2.9, embedded files are only mapped.
  if (end === undefined || end === whole.length) return;
  const embeddedBytes = Number(new DataView(whole.buffer).getBigUint64(whole.length - 8, true));
  const overlay = whole.subarray(end, whole.length - embeddedBytes);
  const facts = packedFacts(whole.subarray(whole.length - embeddedBytes));

  await t.step("the bundler is there, compressed", () => {
    assert.deepEqual([...overlay.subarray(0, 2)], [0x1f, 0x8b]);
  });

  await t.step("each MB that is embedded costs every call a millisecond", () => {
    assert.ok(embeddedBytes < 2_800_000, `${embeddedBytes} bytes are embedded`);
  });

  await t.step("stacks are told as places in the sources", () => {
    const { offset, length } = facts[packedSourceMaps]!.behindRuntime!;
    const text = new TextDecoder().decode(overlay.subarray(offset, offset + length));
    const stack = "Error: no\n    at async e (file:///tmp/deno-compile-farcall/main.js:1:90)";
    const maps: Record<string, string> = JSON.parse(text);
    assert.match(mapStack(stack, () => maps), /\(cli\/main\.ts:\d+:\d+\)$/);
    const sources = Object.values(maps).flatMap((map): string[] => JSON.parse(map.split("\n")[1]!));
    assert.deepEqual(
      sources.filter((source) => !/^((cli|lib|npm)\/|builtin:|shims:)/.test(source)),
      [],
    );
  });
});

/** What an executable says is packed in it. */
function packedFacts(embedded: Uint8Array): PackedFacts {
  const text = new TextDecoder("latin1").decode(embedded);
  const [facts] = /\{"esbuild-[^\n]*?\}\}\}/.exec(text)!;
  return JSON.parse(facts);
}

Deno.test("compiled farcall keeps its bundler in a private cache, and trusts only that", async (t) => {
  await using program = await executable();
  const { project } = program;
  await using fleet = await Fleet.start(new Cli(program));
  /** Below a file: not even root can create a folder there. */
  const nowhere = project.path("farcall/none");
  const init = (env: Record<string, string> = {}) => fleet.plan([], { env: { ...env } });
  const bundler = async (): Promise<string> => {
    const found = (await filesBelow(project.path("home"))).filter((path) => /esbuild$/.test(path));
    assert.equal(found.length, 1, found.join(", "));
    return join(project.path("home"), found[0]);
  };

  await t.step("it is written once", async () => {
    await init();
    const path = await bundler();
    const first = await Deno.stat(path);
    assert.equal((await Deno.stat(join(path, ".."))).mode! & 0o777, 0o700);
    await init();
    const second = await Deno.stat(path);
    assert.deepEqual([second.ino, second.mtime], [first.ino, first.mtime]);
  });

  await t.step("another program in its place is not run", async () => {
    const path = await bundler();
    const { size } = await Deno.stat(path);
    const trap = project.path("home/trapped");
    await Deno.writeTextFile(path, `#!/bin/sh\ntouch '${trap}'\n`);
    await init();
    assert.equal((await Deno.stat(path)).size, size);
    await assert.rejects(Deno.stat(trap), Deno.errors.NotFound);
  });

  await t.step("it uses XDG_CACHE_HOME if set", async () => {
    await init({ XDG_CACHE_HOME: project.path("cache") });
    const found = await filesBelow(project.path("cache"));
    assert.match(found.join(), /^farcall\/esbuild-[^/]+\/esbuild$/);
  });

  await t.step("without a writable home it is temporary", async () => {
    await init({ HOME: nowhere });
    const left = (await filesBelow(project.path("tmp"))).filter((path) => path.includes("esbuild"));
    assert.deepEqual(left, []);
  });

  await t.step("nor does it need an existing TMPDIR", async () => {
    await init({ HOME: nowhere, TMPDIR: nowhere });
  });

  await t.step({
    ...needing(ownMounts, "if nothing can be written it says what to set"),
    fn: async () => {
      const env = { HOME: nowhere, TMPDIR: nowhere };
      const left = new Cli(mounted(program, withoutTemporaryFolders));
      const said = await left.fail(22, ["init", "--dry-run"], { env, cwd: fleet.project.folder });
      assert.match(said, mentions("XDG_CACHE_HOME", "bundler"));
      assert.match(said, /\n {2}.*: ".*\/none\/\.cache\/farcall\/.*"\n {2}.*: ".*\/none"\n/);
    },
  });

  await t.step("calls and nodes need no cache at all", async () => {
    const env = { HOME: nowhere, TMPDIR: nowhere };
    const said = await fleet.fail(14, ["call", "math.add", "2", "3"], { env });
    assert.match(said, failure("Client Not Registered", "deployed"));
  });
});

/** Reports what a script sees but should not. Where Deno cannot seal its global scope, names stay, without a value. */
const look = `export async function look(): Promise<string> {
  const names = ["Deno", "process", "Worker", "fetch", "require", "Buffer", "WebSocket"];
  const seen = names.filter((name) => globalThis[name] !== undefined);
  const ways = [
    () => (0, eval)("1"),
    () => new Function("return 1")(),
    () => (async () => {}).constructor("return 1")(),
  ];
  for (const [index, way] of ways.entries()) {
    try {
      await way();
      seen.push("way " + index);
    } catch {
      // As expected.
    }
  }
  return seen.join(", ");
}
`;

Deno.test("compiled farcall's scripts see neither the machine nor eval", async () => {
  await using program = await executable();
  await using fleet = await Fleet.start(new Cli(program));
  const { project } = fleet;
  await project.write("look.ts", look);
  await project.write(
    "init.yaml",
    `${fleet.network}services:\n  x:\n    providers: s1\n    tenants: c1\n    rpcs:\n` +
      "      look: { args: [], returns: str, src: look.ts }\n",
  );
  await fleet.succeed(["init"]);
  assert.equal(await fleet.succeed(["call", "x.look"]), "");
});

Deno.test("compiled farcall that is replaced while running keeps serving what is loaded, and says when it needs a restart", async () => {
  await using program = await executable();
  const path = program.project.path("farcall");
  const cli = new Cli(program);
  await using fleet = await Fleet.start(cli);
  const { s1 } = fleet;
  await fleet.succeed(["init"]);
  const call = ["call", "math.add", "2", "3", "--server", s1.address];
  assert.equal(await fleet.succeed(call), "5");
  await Deno.copyFile(path, `${path}.new`);
  await Deno.rename(`${path}.new`, path);
  assert.equal(await fleet.succeed(call), "5");
  for (const pid of await s1.executors(1)) Deno.kill(pid, "SIGKILL");
  await until("a call is refused", async () => (await fleet.run(call)).code !== 0);
  assert.match(
    await fleet.fail(22, call),
    failure("Unavailable", "replaced", "restart"),
  );
  await s1.stop();
  await using _again = await cli.serve(["--port", String(s1.port), "--root", s1.root]);
  assert.equal(await fleet.succeed(call), "5");
});

Deno.test("compiled farcall that was renamed continues under that name", async () => {
  await using program = await executable();
  const path = program.project.path("farcall");
  const cli = new Cli(program);
  await using fleet = await Fleet.start(cli);
  const { s1 } = fleet;
  await fleet.succeed(["init"]);
  const call = ["call", "math.add", "2", "3", "--server", s1.address];
  assert.equal(await fleet.succeed(call), "5");
  await Deno.rename(path, `${path}.old`);
  await Deno.copyFile(`${path}.old`, path);
  const [pid] = await s1.executors(1);
  for (const each of await s1.executors(1)) Deno.kill(each, "SIGKILL");
  await until("another executor", async () => {
    const { code } = await fleet.run(call);
    return code === 0 && !(await s1.executors(1)).includes(pid);
  });
});
