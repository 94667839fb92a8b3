import assert from "node:assert/strict";
import { join } from "node:path";
import { RootInUse, RootUnreadable } from "../../lib/errors/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { FileStore } from "../../lib/store/mod.ts";
import { scriptIdOf } from "../../lib/identity/mod.ts";
import { temporaryFolder } from "../_support/nodes/node.ts";
import { commit, manifestOf, scriptBytes, withFolder } from "./_fixtures.ts";
import { storeSuite } from "./store_suite.ts";
import { mentions } from "../_support/mentions.ts";

storeSuite("FileStore", (body) =>
  withFolder(async (folder) => {
    await using store = await FileStore.open(join(folder, "root"));
    await body(store);
  }));

/** A root with one script that was committed twice. */
async function makeRoot(root: string): Promise<{ scriptPath: string }> {
  await using store = await FileStore.open(root);
  const id = await store.putScript(scriptBytes("a"));
  await commit(store, manifestOf(id));
  await commit(store, manifestOf(id));
  return { scriptPath: join(root, "services", `${id}.js`) };
}

async function rejectsToOpen(root: string, ...parts: (string | RegExp)[]): Promise<void> {
  const error = await FileStore.open(root).then(
    () => assert.fail("the root opened"),
    (error: unknown) => error,
  );
  assert.ok(error instanceof RootUnreadable, String(error));
  const text = [error.message, ...error.details].join("\n");
  for (const part of parts) {
    if (typeof part === "string") assert.ok(text.includes(part), `"${part}" is not in: ${text}`);
    else assert.match(text, part);
  }
}

const test = (title: string, body: (folder: string) => Promise<void>) =>
  Deno.test(`FileStore: ${title}`, () => withFolder(body));

test("a restarted node serves its last generation, and can still go back", async (folder) => {
  const root = join(folder, "a", "b", "root");
  const first = await (async () => {
    await using store = await FileStore.open(root);
    const first = await commit(store, manifestOf(await store.putScript(scriptBytes("a"))), {
      id: "d1",
      deployer: "ann@lab",
      from: "10.0.0.1",
    });
    await commit(store, manifestOf(await store.putScript(scriptBytes("b"))));
    return first;
  })();
  await using store = await FileStore.open(root);
  assert.equal(store.current()?.number, 2);
  assert.deepEqual(store.generations(), [1, 2]);
  assert.deepEqual(await store.generation(1), first);
  const [past, current] = store.history();
  assert.deepEqual(past.deployment, { id: "d1", deployer: "ann@lab", from: "10.0.0.1" });
  assert.equal(past.committedAtMs, first.committedAtMs);
  assert.equal(current.deployment, undefined, "nobody said whose it was");
  assert.equal(
    current.hash,
    await scriptIdOf(await Deno.readFile(join(root, "generations", "2.json"))),
  );
  assert.deepEqual(await store.missing([first.manifest.services[0].overloads[0].script]), []);
  assert.equal((await commit(store, first.manifest)).number, 3);
});

test("nobody else may read the root", async (folder) => {
  const root = join(folder, "root");
  const { scriptPath } = await makeRoot(root);
  assert.equal((await Deno.stat(root)).mode! & 0o777, 0o700);
  assert.equal((await Deno.stat(scriptPath)).mode! & 0o777, 0o600);
});

test("a second node on one root learns which process has it, and does no harm", async (folder) => {
  const root = join(folder, "root");
  const first = await FileStore.open(root, { holder: "127.0.0.1:8181" });
  const isTold = (error: unknown) =>
    error instanceof RootInUse && error.message.includes(`"${root}"`) &&
    error.message.includes("127.0.0.1:8181") && error.message.includes("this same process");
  await assert.rejects(FileStore.open(root), isTold);
  await commit(first, manifestOf(await first.putScript(scriptBytes("a"))));
  await first.close();
  // Deno 2.4 can only wait for a lock; a late one is released right away.
  let second: FileStore | undefined;
  for (let round = 0; second === undefined && round < 10; round++) {
    second = await FileStore.open(root).catch(() => undefined);
  }
  assert.equal(second?.current()?.number, 1);
  await second!.close();
});

test("a lock file of a node that was killed stops nobody", async (folder) => {
  const root = join(folder, "root");
  await Deno.mkdir(root);
  await Deno.writeTextFile(join(root, "lock"), `{"pid":1,"address":"127.0.0.1:1"}`);
  const store = await FileStore.open(root);
  await store.close();
});

test("a damaged script is named, set aside and never run", async (folder) => {
  const root = join(folder, "root");
  const { scriptPath } = await makeRoot(root);
  await Deno.writeFile(scriptPath, scriptBytes("evil"));
  await rejectsToOpen(
    root,
    "math.rpc0(int)",
    scriptPath,
    "damaged",
    /generation 2/,
    "run init again",
  );
  await assert.rejects(Deno.lstat(scriptPath), Deno.errors.NotFound);
  assert.deepEqual(await Deno.readFile(`${scriptPath}.damaged`), scriptBytes("evil"));
  // It stays damaged until the script is restored.
  await rejectsToOpen(root, "damaged");
  await Deno.writeFile(scriptPath, scriptBytes("a"));
  await (await FileStore.open(root)).close();
});

test("a missing script is named", async (folder) => {
  const root = join(folder, "root");
  const { scriptPath } = await makeRoot(root);
  await Deno.remove(scriptPath);
  await rejectsToOpen(root, "math.rpc0(int)", scriptPath, "is missing");
});

test("a damaged script of an older generation is sent again, not run", async (folder) => {
  const root = join(folder, "root");
  const { scriptPath } = await makeRoot(root);
  const id = await (async () => {
    await using store = await FileStore.open(root);
    await commit(store, manifestOf());
    return store.generation(1).then(({ manifest }) => manifest.services[0].overloads[0].script);
  })();
  await Deno.writeFile(scriptPath, scriptBytes("evil"));
  await using store = await FileStore.open(root);
  await assert.rejects(commit(store, manifestOf(id)), {
    code: "Deploy Rejected",
    message: /\binit\b/,
  });
  assert.deepEqual(await store.missing([id]), [id]);
  await store.putScript(scriptBytes("a"));
  await commit(store, manifestOf(id));
});

for (
  const [what, break_, says] of [
    ["the manifest of the current generation", "generations/2.json", "generations/2.json"],
    ["the file that names the current generation", "current", `"current"`],
    ["the format", "format", `"format"`],
  ] as const
) {
  test(`a node does not guess when ${what} is damaged`, async (folder) => {
    const root = join(folder, "root");
    await makeRoot(root);
    const path = join(root, break_);
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace(/[0-9a-f]/, "x"));
    await rejectsToOpen(root, `"${root}"`, says, "restore");
    await Deno.remove(path);
    await rejectsToOpen(root, `"${root}"`, says);
  });
}

test("a damaged older generation does not stop the node, and is told of", async (folder) => {
  const root = join(folder, "root");
  await makeRoot(root);
  await Deno.writeTextFile(join(root, "generations", "1.json"), "{}");
  await using store = await FileStore.open(root);
  assert.equal(store.current()?.number, 2);
  assert.deepEqual(store.generations(), [2]);
  assert.match(store.warnings[0], mentions("generation 1", "damaged"));
});

test("a root of a newer farcall is left alone", async (folder) => {
  const root = join(folder, "root");
  await makeRoot(root);
  await Deno.writeTextFile(join(root, "format"), "2\n");
  await rejectsToOpen(root, "newer farcall", "format 2, this one knows 1", "run that version");
});

test("a folder of somebody else's is left alone", async (folder) => {
  await Deno.mkdir(join(folder, "services"));
  await Deno.writeTextFile(join(folder, "services", "add.ts"), "mine");
  await rejectsToOpen(folder, "is not a root of farcall", `"services"`);
  assert.deepEqual([...Deno.readDirSync(folder)].map((entry) => entry.name).sort(), [
    "lock",
    "services",
  ]);
});

test("a root that is a file, or under one, is refused by name", async (folder) => {
  const file = join(folder, "file");
  await Deno.writeTextFile(file, "");
  await rejectsToOpen(file, `"${file}"`, "choose another --root");
  await rejectsToOpen(join(file, "root"), `"${join(file, "root")}"`, "choose another --root");
});

test("what an interrupted deployment left behind is cleared away", async (folder) => {
  const root = join(folder, "root");
  await makeRoot(root);
  await Deno.writeTextFile(join(root, "incoming", "half"), "half a scri");
  await Deno.writeTextFile(join(root, "generations", "3.json"), "never made current");
  await using store = await FileStore.open(root);
  assert.equal(store.current()?.number, 2);
  assert.deepEqual([...Deno.readDirSync(join(root, "incoming"))], []);
  assert.equal((await commit(store, store.current()!.manifest)).number, 3);
});

test("a first commit that was cut short never happened", async (folder) => {
  const root = join(folder, "root");
  await (await FileStore.open(root)).close();
  await Deno.writeTextFile(join(root, "generations", "1.json"), "never made current");
  await using store = await FileStore.open(root);
  assert.equal(store.current(), undefined);
  assert.equal((await commit(store, manifestOf())).number, 1);
});

test("the folder does not grow with the number of deployments", async (folder) => {
  const root = join(folder, "root");
  await using store = await FileStore.open(root);
  for (let round = 0; round < 2 * limits.generationsKept; round++) {
    await commit(store, manifestOf(await store.putScript(scriptBytes(`${round}`))));
  }
  const count = (name: string) => [...Deno.readDirSync(join(root, name))].length;
  assert.equal(count("generations"), limits.generationsKept);
  assert.equal(count("services"), limits.generationsKept);
  assert.equal(count("incoming"), 0);
});

Deno.test({
  name: "a root that others can write, or that is another user's, is refused, with what to do",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using folder = await temporaryFolder();
    for (const mode of [0o777, 0o775, 0o722, 0o702]) {
      const root = join(folder.path, mode.toString(8));
      await Deno.mkdir(root);
      await Deno.chmod(root, mode);
      await assert.rejects(FileStore.open(root), {
        code: "Root Unreadable",
        message: mentions(`"${root}"`, `0${mode.toString(8)}`, "chmod go-w"),
      });
      await Deno.chmod(root, 0o755);
      await (await FileStore.open(root)).close();
    }
    if (Deno.uid() !== 0) return;
    const root = join(folder.path, "theirs");
    await Deno.mkdir(root, { mode: 0o700 });
    await Deno.chown(root, 12_345, null);
    await assert.rejects(FileStore.open(root), {
      code: "Root Unreadable",
      message: mentions("uid 12345", "chown 0 "),
    });
  },
});
