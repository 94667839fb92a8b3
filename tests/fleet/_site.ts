/** A project with its nodes, and a count of its bundled scripts. */
import { loadConfiguration } from "../../lib/config/mod.ts";
import { deploy, type Deployed } from "../../lib/deploy/mod.ts";
import type { SigningKey } from "../../lib/identity/mod.ts";
import type { Manifest } from "../../lib/manifest/mod.ts";
import { Project } from "../_support/nodes/fleet.ts";
import { bytesOf, TestNode } from "../_support/nodes/node.ts";

/** A project, its nodes s1, s2, …, and its deployer. */
export class Site implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;

  private constructor(
    readonly project: Project,
    readonly nodes: readonly TestNode[],
    /** The deployer's key; undefined for unsigned deployments. */
    readonly key: SigningKey | undefined,
    stack: AsyncDisposableStack,
  ) {
    this.#stack = stack;
  }

  static async create(
    nodesCount: number,
    files: Readonly<Record<string, string>>,
    key?: SigningKey,
  ): Promise<Site> {
    await using stack = new AsyncDisposableStack();
    const project = stack.use(await Project.create(files));
    const nodes: TestNode[] = [];
    for (let index = 0; index < nodesCount; index++) nodes.push(stack.use(await TestNode.start()));
    return new Site(project, nodes, key, stack.move());
  }

  /** Writes init.yaml: services by name, each with its providers and the sources of its rpcs. */
  async declare(
    services: Readonly<
      Record<string, readonly [providers: string, rpcs: Readonly<Record<string, string>>]>
    >,
    folder = "",
  ): Promise<void> {
    let yaml = "network:\n  servers:\n";
    this.nodes.forEach(({ node }, index) => {
      yaml += `    s${index + 1}: { ip: 127.0.0.1, port: ${node.port} }\n`;
    });
    yaml += "  clients: { c1: { ip: 127.0.0.1 } }\nservices:\n";
    for (const [service, [providers, rpcs]] of Object.entries(services)) {
      yaml += `  ${service}:\n    providers: [${providers}]\n    tenants: [c1]\n    rpcs:\n`;
      for (const [rpc, source] of Object.entries(rpcs)) {
        yaml += `      ${rpc}: { args: [], returns: int, src: ${source} }\n`;
      }
    }
    await this.project.write(`${folder}init.yaml`, yaml);
  }

  /** Deploys, and returns the number of overloads whose scripts were bundled. */
  async deploy(
    { folder = "", only, key = this.key }: {
      folder?: string;
      only?: string[];
      key?: SigningKey;
    } = {},
  ): Promise<Deployed & { bundled: number }> {
    let bundled = 0;
    const configuration = await loadConfiguration(this.project.path(`${folder}init.yaml`));
    const deployed = await deploy(configuration, {
      deployer: "tester",
      key,
      only,
      progress: {
        step: (name, _, total) => {
          if (name === "bundle") bundled += total;
        },
      },
    });
    return { ...deployed, bundled };
  }

  /** A node's own account of what it runs. */
  async manifest(index = 0): Promise<Manifest> {
    await using connection = await this.nodes[index].connection();
    const seen = await connection.raw.request({ op: "observe", scripts: [] }, {
      timeoutMs: 60_000,
    });
    return seen.manifest!;
  }

  /** Makes a node run a script that no init has deployed. */
  async force(index: number, manifest: Manifest, script?: string): Promise<void> {
    await using connection = await this.nodes[index].connection(undefined, this.key);
    if (script !== undefined) await connection.put([bytesOf(script)]);
    await connection.stage(manifest);
    await connection.commit();
  }

  async call(target: string, index = 0): Promise<unknown> {
    await using connection = await this.nodes[index].connection("c1");
    return await connection.call(target, [], { returns: ["int"] });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}
