/**
 * A node that lies about its scripts' sources cannot cause a deployment of anything that bundling would not have
 * produced.
 */
import assert from "node:assert/strict";
import { loadConfiguration } from "../../lib/config/mod.ts";
import { bundleConfiguration, deploy, rollback } from "../../lib/deploy/mod.ts";
import {
  decodeRequest,
  encodeControl,
  FrameKind,
  type Request,
  type Responses,
} from "../../lib/protocol/mod.ts";
import {
  type DeploymentRecord,
  generationHashOf,
  type GenerationRecord,
  type Manifest,
  manifestHashOf,
  type PastGeneration,
  signDeployment,
} from "../../lib/manifest/mod.ts";
import { type ScriptId, scriptIdOf, type SigningKey } from "../../lib/identity/mod.ts";
import { Project } from "../_support/nodes/fleet.ts";
import { bytesOf, newKey } from "../_support/nodes/node.ts";
import { ScriptedNode } from "../_support/nodes/scripted_node.ts";
import { mentions } from "../_support/mentions.ts";

/** Replies as the test decides, does nothing that it is asked, and keeps what it is sent. */
class LyingNode implements AsyncDisposable {
  says: Omit<Responses["observe"], "missing"> = { node: "", generation: 0 };
  /** Whether it claims to have everything. */
  hasAll = true;
  staged: Manifest | undefined;
  /** The generations that it claims to keep. */
  kept: { past: PastGeneration; record: GenerationRecord }[] = [];
  readonly received = new Set<ScriptId>();
  readonly #node: ScriptedNode;

  constructor() {
    this.#node = new ScriptedNode(async ({ kind, call, body }, connection) => {
      if (kind !== FrameKind.request) return;
      const { request, attachment } = decodeRequest(body);
      const answer = await this.#answer(request, attachment);
      connection.send(FrameKind.response, 0, call, encodeControl(answer));
    });
  }

  get port(): number {
    return this.#node.server.port;
  }

  async #answer(request: Request, attachment: Uint8Array<ArrayBuffer>): Promise<unknown> {
    const generation = this.says.generation + 1;
    switch (request.op) {
      case "observe":
        return { ...this.says, missing: this.hasAll ? [] : request.scripts };
      case "put":
        for (const script of await unpack(request.scripts, attachment)) this.received.add(script);
        return { kept: request.scripts.length };
      case "stage":
        this.staged = request.manifest;
        return { generation };
      case "commit":
        return { generation };
      case "history":
        return { node: this.says.node, generations: this.kept.map(({ past }) => past) };
      case "generation":
        return this.kept.find(({ past }) => past.number === request.number)!.record;
      default:
        return {};
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#node[Symbol.asyncDispose]();
  }
}

/** The ids of scripts actually sent. */
async function unpack(
  sent: readonly { readonly bytes: number }[],
  attachment: Uint8Array<ArrayBuffer>,
): Promise<ScriptId[]> {
  const stream = new Blob([attachment]).stream().pipeThrough(new DecompressionStream("gzip"));
  const whole = new Uint8Array(await new Response(stream).arrayBuffer());
  let start = 0;
  return await Promise.all(sent.map(({ bytes }) => {
    start += bytes;
    return scriptIdOf(whole.slice(start - bytes, start));
  }));
}

/** A service on s1, the same on s2, and their bundles. */
class Scene implements AsyncDisposable {
  private constructor(
    readonly project: Project,
    readonly s1: LyingNode,
    readonly s2: LyingNode,
    readonly due: ReadonlyMap<string, Manifest>,
  ) {}

  static async create(): Promise<Scene> {
    const project = await Project.create({
      "add.ts": "export const add = () => 1;\n",
      "get.ts": 'import { two } from "./two.ts";\nexport const get = () => two;\n',
      "two.ts": "export const two = 2;\n",
    });
    const [s1, s2] = [new LyingNode(), new LyingNode()];
    await project.write(
      "init.yaml",
      `network:
  servers:
    s1: { ip: 127.0.0.1, port: ${s1.port} }
    s2: { ip: 127.0.0.1, port: ${s2.port} }
  clients: { c1: { ip: 127.0.0.1 } }
services:
  numbers:
    providers: [s1, s2]
    tenants: [c1]
    rpcs:
      add: { args: [], returns: int, src: add.ts }
      get: { args: [], returns: int, src: get.ts }
`,
    );
    const configuration = await loadConfiguration(project.path("init.yaml"));
    const { desired } = await bundleConfiguration(configuration);
    return new Scene(project, s1, s2, desired.manifests);
  }

  /** The node's manifest with another script for `add`, and a record which claims that add.ts produced it. */
  lie(node: string, script: ScriptId): Manifest {
    const manifest = this.due.get(node)!;
    const [service] = manifest.services;
    return {
      ...manifest,
      services: [{
        ...service,
        overloads: service.overloads.map((overload) =>
          overload.rpc === "add" ? { ...overload, script } : overload
        ),
      }],
      sources: {
        ...manifest.sources!,
        files: manifest.sources!.files.map((file) =>
          file.path === "add.ts" ? { ...file, script } : file
        ),
      },
    };
  }

  /** Deploys, and returns the number of bundled scripts and the changed nodes. */
  async deploy(key?: SigningKey): Promise<{ bundled: number; applied: string[] }> {
    let bundled = 0;
    const { applied } = await deploy(await loadConfiguration(this.project.path("init.yaml")), {
      deployer: "tester",
      key,
      progress: {
        step: (name, _, total) => {
          if (name === "bundle") bundled += total;
        },
      },
    });
    return { bundled, applied: applied.map(({ name }) => name) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.s1[Symbol.asyncDispose]();
    await this.s2[Symbol.asyncDispose]();
    await this.project[Symbol.asyncDispose]();
  }
}

const evil = await scriptIdOf(bytesOf("export const add = () => 666;\n"));
const previous = { number: 2, fileHash: "b".repeat(64) };
const about = { generation: 3, hash: "a".repeat(64), previous };

function isSame(staged: Manifest | undefined, due: Manifest | undefined): void {
  assert.equal(JSON.stringify(staged), JSON.stringify(due));
}

Deno.test("a deployer without a key deploys only what it bundled itself, whatever nodes say", async (t) => {
  await using scene = await Scene.create();
  const { s1, s2, due } = scene;

  await t.step(
    "as long as all nodes agree that nothing has changed, nothing is deployed",
    async () => {
      s1.says = { node: "s1", ...about, manifest: scene.lie("s1", evil) };
      s2.says = { node: "s2", ...about, manifest: scene.lie("s2", evil) };
      assert.deepEqual(await scene.deploy(), { bundled: 0, applied: [] });
    },
  );

  await t.step("if two disagree, neither is believed", async () => {
    s2.says = { node: "s2", ...about, manifest: due.get("s2") };
    assert.deepEqual((await scene.deploy()).applied, ["s1"]);
    isSame(s1.staged, due.get("s1"));
  });

  await t.step("a joining node gets nothing on another's word", async () => {
    s2.says = { node: "s2", generation: 0 };
    s2.hasAll = false;
    assert.deepEqual((await scene.deploy()).applied, ["s1", "s2"]);
    isSame(s2.staged, due.get("s2"));
    assert.equal(s2.received.size, 2);
    assert.ok(!s2.received.has(evil));
  });

  await t.step("if anything changes, nothing is believed", async () => {
    for (const [node, name] of [[s1, "s1"], [s2, "s2"]] as const) {
      const manifest = scene.lie(name, evil);
      node.says = { node: name, ...about, manifest: { ...manifest, clients: [] } };
      node.staged = undefined;
    }
    const { bundled, applied } = await scene.deploy();
    assert.deepEqual([bundled, applied], [2, ["s1", "s2"]]);
    isSame(s1.staged, due.get("s1"));
    isSame(s2.staged, due.get("s2"));
  });
});

Deno.test("a deployer with a key trusts only what that key has signed", async (t) => {
  await using scene = await Scene.create();
  const { s1, s2, due } = scene;
  const [key, other] = [await newKey(), await newKey()];

  /** Both nodes run a manifest, and show somebody's signature. */
  async function show(
    manifests: (node: string) => Manifest,
    sign: (manifest: Manifest, node: string) => Promise<Partial<DeploymentRecord>>,
  ): Promise<void> {
    for (const [lying, node] of [[s1, "s1"], [s2, "s2"]] as const) {
      const manifest = manifests(node);
      const deployment = { ...deployed, ...await sign(manifest, node) };
      lying.says = { node, ...about, manifest, deployment };
      lying.hasAll = true;
      lying.staged = undefined;
    }
  }
  const deployed = { id: "d", deployer: "tester", from: "127.0.0.1" };
  const signedBy = (by: SigningKey) => async (manifest: Manifest) => ({
    signed: await signDeployment(by, { manifest, previous, deployment: deployed }),
  });
  const honest = (node: string): Manifest => due.get(node)!;
  const lying = (node: string): Manifest => scene.lie(node, evil);

  await t.step("its own signature", async () => {
    await show(honest, signedBy(key));
    assert.deepEqual(await scene.deploy(key), { bundled: 0, applied: [] });
  });

  await t.step("its own of an earlier generation, which is equally valid", async () => {
    const earlier = (node: string): Manifest => ({ ...honest(node), clients: [] });
    await show(earlier, signedBy(key));
    assert.deepEqual(await scene.deploy(key), { bundled: 0, applied: ["s1", "s2"] });
    isSame(s1.staged, due.get("s1"));
  });

  const lies: [string, Parameters<typeof show>[1]][] = [
    ["no signature", () => Promise.resolve({})],
    ["another key's", signedBy(other)],
    ["its own of something else", (_, node) => signedBy(key)(honest(node))],
    ["another key's, shown as its own", async (manifest) => {
      const { signed } = await signedBy(other)(manifest);
      return { signed: { key: key.publicKey, signature: signed.signature } };
    }],
    ["its own of a rollback, whose manifest came from the node", async (manifest) => {
      const deployment = { ...deployed, rollbackTo: 1 };
      return {
        rollbackTo: 1,
        signed: await signDeployment(key, { manifest, previous, deployment }),
      };
    }],
    ["one of what nobody can have signed", async (manifest) => {
      return { deployer: "a\nb", ...await signedBy(key)(manifest) };
    }],
  ];
  for (const [title, sign] of lies) {
    await t.step(title, async () => {
      await show(lying, sign);
      assert.deepEqual(await scene.deploy(key), { bundled: 2, applied: ["s1", "s2"] });
      isSame(s1.staged, due.get("s1"));
      isSame(s2.staged, due.get("s2"));
    });
  }
});

Deno.test("a key signs no rollback based only on a node's word", async (t) => {
  const [key, other] = [await newKey(), await newKey()];
  await using scene = await Scene.create();
  const configuration = await loadConfiguration(scene.project.path("init.yaml"));
  const deployed = { id: "d", deployer: "tester", from: "127.0.0.1" };

  /** Makes s1 claim that it ran this, and then nothing. */
  async function keep(
    manifest: Manifest,
    by: SigningKey | undefined,
    shown: Partial<GenerationRecord> = {},
  ): Promise<void> {
    const deployment: DeploymentRecord = {
      ...deployed,
      signed: by && await signDeployment(by, { manifest, deployment: deployed }),
    };
    const manifestHash = await manifestHashOf(manifest);
    const common = { committedAtMs: 1, manifestHash };
    const record = { number: 1, ...common, deployment, manifest, ...shown };
    const hash = await generationHashOf(record);
    const now = { number: 2, hash, ...common };
    scene.s1.kept = [
      { past: { number: 1, hash, ...common, deployment }, record },
      { past: now, record: { ...record, number: 2 } },
    ];
    const empty = { ...manifest, services: [] };
    scene.s1.says = { node: "s1", generation: 2, hash, manifest: empty, deployment };
    scene.s1.staged = undefined;
  }
  const back = (trusted?: SigningKey) =>
    rollback(configuration, {
      deployer: "tester",
      key,
      only: ["s1"],
      generation: 1,
      trusted: trusted && new Set([trusted.publicKey]),
    });
  const honest = scene.due.get("s1")!;
  const evilPast = scene.lie("s1", evil);

  await t.step("what it has signed itself is restored", async () => {
    await keep(honest, key);
    await back();
    isSame(scene.s1.staged, honest);
  });
  await t.step("a generation signed by a trusted key can be restored", async () => {
    await keep(honest, other);
    await back(other);
    isSame(scene.s1.staged, honest);
  });
  const lies: [string, () => Promise<void>, RegExp][] = [
    [
      "signed by somebody",
      () => keep(evilPast, other),
      mentions("--trust", "signed"),
    ],
    ["not signed", () => keep(evilPast, undefined), mentions("not", "signed", "key")],
    [
      "other than what was signed",
      () => keep(honest, key, { manifest: evilPast }),
      mentions("deployed", "farcall status --verify"),
    ],
    [
      "signed for another node",
      () => keep({ ...honest, node: "s2" }, key),
      /\bdeployed\b/,
    ],
    [
      "another generation",
      () => keep(honest, key, { number: 2 }),
      mentions("deployed", "farcall status --verify"),
    ],
  ];
  for (const [title, tell, expected] of lies) {
    await t.step(`${title}: nothing is brought back`, async () => {
      await tell();
      await assert.rejects(back(), { code: "Deploy Rejected", message: expected });
      assert.equal(scene.s1.staged, undefined);
    });
  }
});
