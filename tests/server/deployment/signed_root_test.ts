/** Signatures reveal changes on the disk of a node with deploy keys. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { RootUnreadable } from "../../../lib/errors/mod.ts";
import {
  encodeGeneration,
  type GenerationRecord,
  manifestHashOf,
  signDeployment,
} from "../../../lib/manifest/mod.ts";
import { scriptIdOf, type SigningKey } from "../../../lib/identity/mod.ts";
import { filesBelow } from "../../_support/nodes/fleet.ts";
import { newKey, temporaryFolder, TestNode } from "../../_support/nodes/node.ts";
import { mentions } from "../../_support/mentions.ts";
import { versionOfS1 } from "./_versions.ts";

const patience = { timeoutMs: 60_000 };

/** A root, as files in memory. */
interface SignedRoot {
  readonly key: SigningKey;
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
}

/** A root with two signed generations. */
async function makeSignedRoot(): Promise<SignedRoot> {
  await using root = await temporaryFolder();
  const key = await newKey();
  {
    await using node = await TestNode.start({ root: root.path, deployKeys: [key.publicKey] });
    await using deployer = await node.connection(undefined, key);
    await deployer.deploy(versionOfS1("one"));
    await deployer.deploy(versionOfS1("two"));
  }
  const paths = await filesBelow(root.path);
  const files = paths.map((path) => ({ path, bytes: Deno.readFileSync(join(root.path, path)) }));
  return { key, files };
}

let signedRootOfAll: Promise<SignedRoot> | undefined;

/** Writes a root with two signed generations, which were deployed once for all tests. */
async function signedRoot(path: string): Promise<SigningKey> {
  const { key, files } = await (signedRootOfAll ??= makeSignedRoot());
  for (const file of files) {
    await Deno.mkdir(dirname(join(path, file.path)), { recursive: true, mode: 0o700 });
    await Deno.writeFile(join(path, file.path), file.bytes, { mode: 0o600 });
  }
  return key;
}

/** Changes a generation on disk, and recomputes every hash, as an intruder can. */
async function rewrite(
  root: string,
  number: 1 | 2,
  change: (generation: GenerationRecord) => GenerationRecord,
): Promise<void> {
  const read = async (which: number): Promise<GenerationRecord> => {
    const record = JSON.parse(await Deno.readTextFile(join(root, `generations/${which}.json`)));
    return { ...record, previous: record.previous ?? undefined };
  };
  const write = async (record: GenerationRecord): Promise<string> => {
    const bytes = encodeGeneration({
      ...record,
      manifestHash: await manifestHashOf(record.manifest),
    });
    await Deno.writeFile(join(root, `generations/${record.number}.json`), bytes);
    return await scriptIdOf(bytes);
  };
  let hash = await write(change(await read(number)));
  if (number === 1) {
    const second = await read(2);
    hash = await write({ ...second, previous: { number: 1, fileHash: hash } });
  }
  await Deno.writeTextFile(join(root, "current"), `2 ${hash}\n`);
}

Deno.test("data changed on disk, with recomputed hashes, is not served: the signature reveals it", async (t) => {
  const withTenant = (generation: GenerationRecord): GenerationRecord => {
    const services = generation.manifest.services.map((service) => ({
      ...service,
      tenants: [...service.tenants, "mallory"],
    }));
    return { ...generation, manifest: { ...generation.manifest, services } };
  };
  const changes: Record<string, (generation: GenerationRecord) => GenerationRecord> = {
    "its manifest": withTenant,
    "its deployer": (generation) => ({
      ...generation,
      deployment: { ...generation.deployment!, deployer: "mallory" },
    }),
    "the generation before it": (generation) => ({
      ...generation,
      previous: { number: 1, fileHash: "0".repeat(64) },
    }),
  };
  for (const [what, change] of Object.entries(changes)) {
    await t.step(`of the current generation: ${what}`, async () => {
      await using root = await temporaryFolder();
      const { publicKey } = await signedRoot(root.path);
      await rewrite(root.path, 2, change);
      await assert.rejects(TestNode.start({ root: root.path }), (error) => {
        assert.ok(error instanceof RootUnreadable);
        assert.ok(
          error.message.includes(
            `"generations/2.json" is not what ${publicKey} has signed; restore`,
          ),
          error.message,
        );
        return true;
      });
    });
  }
  await t.step(
    "an older generation cannot be changed under one that was signed over it",
    async () => {
      await using root = await temporaryFolder();
      await signedRoot(root.path);
      await rewrite(root.path, 1, withTenant);
      await assert.rejects(
        TestNode.start({ root: root.path }),
        mentions('2.json"', "signed"),
      );
    },
  );
  await t.step("an older generation that was never valid is set aside", async () => {
    await using root = await temporaryFolder();
    const key = await signedRoot(root.path);
    await rewrite(root.path, 1, withTenant);
    // A holder of the key can still sign over it.
    const path = join(root.path, "generations/2.json");
    const record: GenerationRecord = JSON.parse(await Deno.readTextFile(path));
    const signed = await signDeployment(key, { ...record, deployment: record.deployment! });
    await rewrite(root.path, 2, (generation) => ({
      ...generation,
      deployment: { ...generation.deployment!, signed },
    }));
    await using node = await TestNode.start({ root: root.path, deployKeys: [key.publicKey] });
    await using deployer = await node.connection(undefined, key);
    const { generations } = await deployer.raw.request({ op: "history" }, patience);
    assert.deepEqual(generations.map(({ number }) => number), [2]);
    await node.log.until("store.damaged");
  });
  await t.step("one whose signature was removed is reported as unsigned", async () => {
    await using root = await temporaryFolder();
    const key = await signedRoot(root.path);
    await rewrite(root.path, 2, (generation) => ({
      ...withTenant(generation),
      deployment: { ...generation.deployment!, signed: undefined },
    }));
    await using node = await TestNode.start({ root: root.path, deployKeys: [key.publicKey] });
    const { fields } = await node.log.until("deploy.untrusted");
    assert.match(
      String(fields.message),
      mentions("generation 2", /\bnot\b.*\bsigned\b/),
    );
  });
});
