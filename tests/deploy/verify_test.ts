/** Verification of a node's claims, whatever they are. */
import assert from "node:assert/strict";
import {
  type ClaimedGeneration,
  formatVerified,
  isWhole,
  type Trust,
  type VerifiedNode,
  verifyGenerations,
} from "../../lib/deploy/verify.ts";
import {
  generationHashOf,
  type GenerationName,
  type GenerationRecord,
  type Manifest,
  manifestHashOf,
  signDeployment,
} from "../../lib/manifest/mod.ts";
import type { PublicKey, SigningKey } from "../../lib/identity/mod.ts";
import { newKey } from "../_support/nodes/node.ts";

function manifestFor(tenant: string, node = "s1"): Manifest {
  const services = [{ name: "math", tenants: [tenant], overloads: [] }];
  return { format: 1, node, clients: [], services };
}

/** An honest node's claims about a generation that replaces another. */
async function claim(
  manifest: Manifest,
  key: SigningKey | undefined,
  before?: ClaimedGeneration,
): Promise<Required<Omit<ClaimedGeneration, "problem">>> {
  const previous: GenerationName | undefined = before &&
    { number: before.past.number, fileHash: before.past.hash };
  const about = { id: crypto.randomUUID(), deployer: "ann@lab" };
  const signed = key && await signDeployment(key, { manifest, previous, deployment: about });
  return await claimed({
    number: (previous?.number ?? 0) + 1,
    committedAtMs: 5,
    deployment: { ...about, from: "127.0.0.1", signed },
    previous,
    manifestHash: await manifestHashOf(manifest),
    manifest,
  });
}

/** The history entry of a record. */
async function claimed(
  record: GenerationRecord,
): Promise<Required<Omit<ClaimedGeneration, "problem">>> {
  const { number, committedAtMs, deployment, manifestHash } = record;
  const hash = await generationHashOf(record);
  return { past: { number, committedAtMs, deployment, hash, manifestHash }, record };
}

function trust(trusted?: readonly PublicKey[], deployKeys: readonly PublicKey[] = []): Trust {
  return { trusted: trusted && new Set(trusted), deployKeys: new Set(deployKeys) };
}

/** All findings about the generations, each with its number. */
async function said(
  claims: readonly ClaimedGeneration[],
  by: Trust = trust(),
  node = "s1",
): Promise<string[]> {
  const verified = await verifyGenerations(node, claims, by);
  return verified.flatMap(({ number, problems, notes }) => [
    ...problems.map((problem) => `${number} ${problem}`),
    ...notes.map((note) => `(${number} ${note})`),
  ]);
}

Deno.test("an honest history verifies, with and without signatures", async () => {
  const [ann, bob] = [await newKey(), await newKey()];
  const first = await claim(manifestFor("c1"), undefined);
  const second = await claim(manifestFor("c2"), ann, first);
  const third = await claim(manifestFor("c3"), bob, second);
  const [a, b] = [ann.publicKey, bob.publicKey];
  assert.deepEqual(await said([first, second, third]), ["(1 not signed)"]);
  assert.deepEqual(await said([second, third]), [], "of the oldest only the number is known");
  assert.deepEqual(await said([second, third], trust([a, b])), []);
  assert.deepEqual(await said([]), []);
  const short = (key: PublicKey) => key.slice(0, 16);
  assert.deepEqual(await said([second, third], trust(undefined, [b])), [
    `(2 signed by ${short(a)}…, a key that the node no longer trusts)`,
  ]);
  assert.deepEqual(await said([second, third], trust([b], [a])), [
    `(2 signed by ${short(a)}…, which is not trusted)`,
  ]);
  assert.deepEqual(await said([second, third], trust([a], [b])), [
    `3 signed by ${short(b)}…, which is not trusted`,
  ]);
  assert.deepEqual(await said([first], trust([a])), ["1 not signed"]);
});

Deno.test("any change to signed data makes the history fail", async (t) => {
  const key = await newKey();
  const first = await claim(manifestFor("c1"), key);
  const second = await claim(manifestFor("c2"), key, first);
  const third = await claim(manifestFor("c3"), key, second);
  const signer = `${key.publicKey.slice(0, 16)}…`;
  const changed = manifestFor("mallory");
  const { record } = second;
  const lies: Record<string, [changes: Partial<GenerationRecord>, found: string[]]> = {
    "the manifest alone": [
      { manifest: changed },
      ["2 its manifest has a different hash", `2 it is not what ${signer} has signed`],
    ],
    "the manifest and its hash": [
      { manifest: changed, manifestHash: await manifestHashOf(changed) },
      [`2 it is not what ${signer} has signed`],
    ],
    "the deployer": [
      { deployment: { ...record.deployment!, deployer: "mallory" } },
      [`2 it is not what ${signer} has signed`],
    ],
    "that it was a rollback": [
      { deployment: { ...record.deployment!, rollbackTo: 1 } },
      [`2 it is not what ${signer} has signed`],
    ],
    "the generation before it": [
      { previous: { number: 1, fileHash: "0".repeat(64) } },
      [
        "2 it does not name the generation before it by its hash",
        `2 it is not what ${signer} has signed`,
      ],
    ],
    "that there was one before it": [
      { previous: undefined },
      [
        "2 it does not name the generation before it by its hash",
        `2 it is not what ${signer} has signed`,
      ],
    ],
  };
  for (const [what, [changes, found]] of Object.entries(lies)) {
    await t.step(`${what}, with every hash recomputed`, async () => {
      const lie = await claimed({ ...record, ...changes });
      assert.deepEqual(await said([first, lie, third]), [
        ...found,
        "3 it does not name the generation before it by its hash",
      ]);
    });
    await t.step(`${what}, under the old hashes`, async () => {
      const all = await said([
        first,
        { past: second.past, record: { ...record, ...changes } },
        third,
      ]);
      assert.ok(all.includes("2 its hash differs"), all.join());
    });
  }
  await t.step("an older signed manifest in place of a later one", async () => {
    const { past } = third;
    const replayed = await claimed({ ...first.record, number: 3, previous: third.record.previous });
    assert.deepEqual(await said([first, second, replayed]), [
      `3 it is not what ${signer} has signed`,
    ]);
    assert.deepEqual(await said([first, second, { past, record: first.record }]), [
      "3 what the node shows for it is generation 1",
      "3 its manifest has a different hash",
      "3 its hash differs",
      "3 it does not name the generation before it by its hash",
    ]);
  });
  await t.step("a generation left out", async () => {
    assert.deepEqual(await said([first, third]), [
      "3 it does not name the generation before it by its hash",
    ]);
  });
  await t.step("another node's history", async () => {
    assert.deepEqual(await said([first, second], trust(), "s2"), [
      '2 it is for a node called "s1"',
    ]);
  });
  await t.step("a signature removed, or replaced by another's", async () => {
    const deployment = { ...record.deployment!, signed: undefined };
    const unsigned = await claimed({ ...record, deployment });
    assert.deepEqual(await said([first, unsigned], trust([key.publicKey])), ["2 not signed"]);
    const other = await newKey();
    const signed = { ...record.deployment!.signed!, key: other.publicKey };
    const forged = await claimed({ ...record, deployment: { ...record.deployment!, signed } });
    assert.deepEqual(await said([first, forged]), [
      `2 it is not what ${other.publicKey.slice(0, 16)}… has signed`,
    ]);
  });
  await t.step("one that it hides", async () => {
    assert.deepEqual(
      await said([{ past: first.past, problem: "generation 1 is damaged" }, second]),
      [
        "1 generation 1 is damaged",
      ],
    );
  });
});

Deno.test("the findings are one line per node, and one per fault", async () => {
  const key = await newKey();
  const short = `${key.publicKey.slice(0, 16)}…`;
  const first = await claim(manifestFor("c1"), undefined);
  const second = await claim(manifestFor("c2"), key, first);
  const node = (name: string, changes: Partial<VerifiedNode>): VerifiedNode => ({
    name,
    address: "127.0.0.1:8181",
    isReached: true,
    isEmbedded: false,
    generations: [],
    ...changes,
  });
  const verify = (...claims: ClaimedGeneration[]) => verifyGenerations("s1", claims, trust());
  const nodes = [
    node("s1", { generations: await verify(first, second) }),
    node("west", { generations: await verify(second) }),
    node("s3", { generations: await verify({ past: first.past, problem: "gone" }, second) }),
    node("s4", { isReached: false, problem: "nothing listens there" }),
    node("", { isEmbedded: true }),
    node("s6", {}),
    node("s7", { problem: "it serves generation 3, but its history ends with 0" }),
  ];
  assert.equal(
    formatVerified(nodes),
    `s1    127.0.0.1:8181  OK: runs generation 2, signed by ${short}; 1 to 2 are whole
      generation 1: not signed
west  127.0.0.1:8181  OK: runs generation 2, signed by ${short}
s3    127.0.0.1:8181  BROKEN: runs generation 2, signed by ${short}
      generation 1: gone
s4    127.0.0.1:8181  nothing listens there
-     127.0.0.1:8181  OK: it is embedded in a program and takes no deployments
s6    127.0.0.1:8181  OK: runs nothing
s7    127.0.0.1:8181  BROKEN: runs nothing; it serves generation 3, but its history ends with 0
`,
  );
  assert.deepEqual(nodes.map(isWhole), [true, true, false, false, true, true, false]);
});
