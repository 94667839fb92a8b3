/** Requirements of every store, whatever its storage. */
import assert from "node:assert/strict";
import { DeployRejected } from "../../lib/errors/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import type { Store } from "../../lib/store/mod.ts";
import { type Manifest, manifestHashOf } from "../../lib/manifest/manifest.ts";
import { scriptId, scriptIdOf } from "../../lib/identity/script_id.ts";
import { commit, manifestOf, scriptBytes } from "./_fixtures.ts";

/** Registers the suite. @param withStore Opens an empty store for the body, and closes it after. */
export function storeSuite(
  name: string,
  withStore: (body: (store: Store) => Promise<void>) => Promise<void>,
): void {
  const test = (title: string, body: (store: Store) => Promise<void>) =>
    Deno.test(`${name}: ${title}`, () => withStore(body));
  const unknown = scriptId("0".repeat(64));

  test("a new node serves nothing", async (store) => {
    assert.equal(store.current(), undefined);
    assert.deepEqual(store.generations(), []);
    assert.deepEqual(store.warnings, []);
    assert.deepEqual(await store.missing([unknown, unknown]), [unknown]);
  });

  test("a script comes back byte for byte, under its hash", async (store) => {
    const bytes = scriptBytes("a");
    const id = await store.putScript(bytes);
    assert.equal(id, await scriptIdOf(bytes));
    assert.deepEqual(await store.readScript(id), bytes);
    assert.deepEqual(await store.missing([unknown, id]), [unknown]);
    assert.equal(await store.putScript(bytes), id);
  });

  test("an executor can import a script from its URL", async (store) => {
    const id = await store.putScript(scriptBytes("run me"));
    const module = await import(store.scriptUrl(id));
    assert.equal(module.default(), "run me");
  });

  test("a script that changes after its upload is kept as uploaded", async (store) => {
    const bytes = scriptBytes("before");
    const id = await store.putScript(bytes);
    bytes.fill(0);
    assert.deepEqual(await store.readScript(id), scriptBytes("before"));
  });

  test("a script that is not here is refused by name", async (store) => {
    await assert.rejects(
      store.readScript(unknown),
      (error) => error instanceof DeployRejected && error.message.includes(unknown),
    );
  });

  test("a script larger than the limit is refused", async (store) => {
    const bytes = new Uint8Array(limits.scriptBytesMax + 1);
    await assert.rejects(async () => await store.putScript(bytes), DeployRejected);
  });

  test("a commit is served, numbered, dated and hashed", async (store) => {
    const before = Date.now();
    const manifest = manifestOf(await store.putScript(scriptBytes("a")));
    const generation = await commit(store, manifest);
    assert.equal(generation.number, 1);
    assert.deepEqual(generation.manifest, manifest);
    assert.equal(generation.manifestHash, await manifestHashOf(manifest));
    assert.ok(generation.committedAtMs >= before && generation.committedAtMs <= Date.now());
    assert.deepEqual(store.current(), generation);
    assert.equal((await commit(store, manifest)).number, 2);
    assert.deepEqual(store.generations(), [1, 2]);
  });

  test("a manifest with a script that never arrived is refused, and names the rpc", async (store) => {
    const manifest = manifestOf(await store.putScript(scriptBytes("a")));
    await commit(store, manifest);
    await assert.rejects(
      commit(store, manifestOf(manifest.services[0].overloads[0].script, unknown)),
      (
        error,
      ) => error instanceof DeployRejected && error.details[0].startsWith("math.rpc1(int)"),
    );
    assert.deepEqual(store.current()?.manifest, manifest);
    assert.deepEqual(store.generations(), [1]);
  });

  test("a manifest of another version is refused", async (store) => {
    const manifest = { ...manifestOf(), format: 2 } as unknown as Manifest;
    await assert.rejects(commit(store, manifest), DeployRejected);
    assert.equal(store.current(), undefined);
  });

  test("a manifest that its maker changes later is served as it was committed", async (store) => {
    const manifest = manifestOf(await store.putScript(scriptBytes("a")));
    const copy = structuredClone(manifest);
    const prepared = await store.prepare(manifest);
    (manifest.clients as unknown[]).pop();
    await prepared.commit();
    assert.deepEqual(store.current()?.manifest, copy);
  });

  test("an older generation can be gone back to", async (store) => {
    const first = await commit(store, manifestOf(await store.putScript(scriptBytes("a"))));
    await commit(store, manifestOf(await store.putScript(scriptBytes("b"))));
    assert.deepEqual(await store.generation(1), first);
    const back = await commit(store, (await store.generation(1)).manifest);
    assert.equal(back.number, 3);
    assert.equal(back.manifestHash, first.manifestHash);
    await assert.rejects(store.generation(4), RangeError);
  });

  test("generations and scripts beyond the bound go, and nothing that is kept does", async (store) => {
    const ids = [];
    const count = limits.generationsKept + 3;
    for (let round = 0; round < count; round++) {
      ids.push(await store.putScript(scriptBytes(`round ${round}`)));
      await commit(store, manifestOf(ids[round]));
    }
    assert.equal(store.generations().length, limits.generationsKept);
    assert.equal(store.generations()[0], 4);
    assert.deepEqual(await store.missing(ids), ids.slice(0, 3));
    await assert.rejects(store.generation(3), RangeError);
    await store.generation(4);
  });

  test("a deployment that commits does not take away what another has just sent", async (store) => {
    const staged = await store.putScript(scriptBytes("staged"));
    await commit(store, manifestOf(await store.putScript(scriptBytes("other"))));
    assert.deepEqual(await store.missing([staged]), []);
    await commit(store, manifestOf(staged));
  });

  test("a script that was sent and never committed goes in time", async (store) => {
    const abandoned = await store.putScript(scriptBytes("abandoned"));
    const manifest = manifestOf(await store.putScript(scriptBytes("a")));
    await commit(store, manifest);
    await commit(store, manifest);
    assert.deepEqual(await store.missing([abandoned]), [abandoned]);
  });

  test("hundreds of scripts put at once all arrive", async (store) => {
    const bytes = Array.from({ length: 400 }, (_, index) => scriptBytes(`script ${index % 360}`));
    const ids = await Promise.all(bytes.map((each) => store.putScript(each)));
    assert.deepEqual(await store.missing(ids), []);
    assert.equal(new Set(ids).size, 360);
    await commit(store, manifestOf(...ids));
  });

  test("of two that were prepared to follow one generation, one is committed", async (store) => {
    const manifests = [
      manifestOf(await store.putScript(scriptBytes("a"))),
      manifestOf(await store.putScript(scriptBytes("b"))),
    ];
    const [a, b] = await Promise.all(manifests.map((manifest) => store.prepare(manifest)));
    await b.commit();
    await assert.rejects(
      a.commit(),
      (error) => error instanceof DeployRejected && /\bgeneration 1\b/.test(error.message),
    );
    await a.discard();
    assert.deepEqual(store.generations(), [1]);
    assert.deepEqual(store.current()?.manifest, manifests[1]);
  });

  test("what was prepared and discarded is not committed, and stops nothing", async (store) => {
    const manifest = manifestOf(await store.putScript(scriptBytes("a")));
    await (await store.prepare(manifest)).discard();
    assert.equal(store.current(), undefined);
    assert.equal((await commit(store, manifest)).number, 1);
  });

  test("a closed store does nothing more, and closes twice", async (store) => {
    await store.close();
    await store.close();
    assert.throws(() => store.current(), TypeError);
    await assert.rejects(async () => await store.putScript(scriptBytes("a")), TypeError);
    await assert.rejects(async () => await commit(store, manifestOf()), TypeError);
  });
}
