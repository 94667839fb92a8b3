/** Deployments from this process, and the nodes' states. */
import assert from "node:assert/strict";
import { exitCodeOf } from "../../cli/exit_codes.ts";
import { NodeConnection, proveLocal } from "../../lib/client/mod.ts";
import { type Configuration, loadConfiguration } from "../../lib/config/mod.ts";
import { deploy, type Deployed, type DeployOptions } from "../../lib/deploy/mod.ts";
import { FarcallError } from "../../lib/errors/mod.ts";
import type { Manifest } from "../../lib/manifest/mod.ts";
import { Project } from "../_support/nodes/fleet.ts";
import { temporaryFolder, TestConnection, TestNode } from "../_support/nodes/node.ts";

/** The texts that the nodes s1, s2, … shall return: one for all, or one each. */
export type Wanted = string | readonly string[];

/** Init.yamls in which every node provides a service of its own, whose rpc `who` returns a text. */
export class Rollout implements AsyncDisposable {
  readonly project: Project;
  #written = 0;

  private constructor(project: Project) {
    this.project = project;
  }

  static async create(): Promise<Rollout> {
    return new Rollout(await Project.create());
  }

  /**
   * Writes an init.yaml and loads it.
   *
   * @param ports Of the nodes s1, s2, …
   * @param order Of the nodes in the file.
   */
  async configuration(
    ports: readonly number[],
    wanted: Wanted,
    order: "ascending" | "descending" = "ascending",
  ): Promise<Configuration> {
    const texts = ports.map((_, index) => typeof wanted === "string" ? wanted : wanted[index]);
    const servers: string[] = [];
    let services = "";
    for (const [index, port] of ports.entries()) {
      const node = `s${index + 1}`;
      servers.push(`    ${node}: { ip: 127.0.0.1, port: ${port} }\n`);
      services += `  of_${node}:\n    providers: [${node}]\n    tenants: [c1]\n` +
        `    rpcs: { who: { args: [], returns: str, src: ${texts[index]}.ts } }\n`;
    }
    if (order === "descending") servers.reverse();
    this.#written += 1;
    const folder = `${this.#written}`;
    for (const text of new Set(texts)) {
      const source = `export const who = () => ${JSON.stringify(text)};\n`;
      await this.project.write(`${folder}/${text}.ts`, source);
    }
    await this.project.write(
      `${folder}/init.yaml`,
      `network:\n  servers:\n${
        servers.join("")
      }  clients: { c1: { ip: 127.0.0.1 } }\nservices:\n${services}`,
    );
    return await loadConfiguration(this.project.path(`${folder}/init.yaml`));
  }

  /** Writes an init.yaml and deploys it. */
  async deploy(
    ports: readonly number[],
    wanted: Wanted,
    options: Partial<DeployOptions> = {},
  ): Promise<Deployed> {
    const configuration = await this.configuration(ports, wanted);
    return await deploy(configuration, { deployer: "tester", ...options });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.project[Symbol.asyncDispose]();
  }
}

/** The observed state of a node. */
export interface NodeState {
  readonly generation: number;
  readonly manifest: Manifest | undefined;
  /** The result of its rpc `who`; undefined if nothing was deployed. */
  readonly says: unknown;
  readonly kept: readonly number[];
}

/** Observes a node on 127.0.0.1. */
export async function stateOf(port: number): Promise<NodeState> {
  const raw = await NodeConnection.open({ host: "127.0.0.1", port }, { client: "c1" });
  await proveLocal(raw);
  await using connection = new TestConnection(raw);
  const patience = { timeoutMs: 60_000 };
  const { generation, manifest } = await raw.request({ op: "observe", scripts: [] }, patience);
  const { generations } = await raw.request({ op: "history" }, patience);
  const kept = generations.map(({ number }) => number);
  const service = manifest?.services[0]?.name;
  const says = service === undefined
    ? undefined
    : await connection.call(`${service}.who`, [], { returns: ["str"] });
  return { generation, manifest, says, kept };
}

/** Several nodes in this process. */
export class Nodes implements AsyncDisposable {
  readonly all: readonly TestNode[];
  readonly #stack: AsyncDisposableStack;

  private constructor(all: readonly TestNode[], stack: AsyncDisposableStack) {
    this.all = all;
    this.#stack = stack;
  }

  static async start(count: number): Promise<Nodes> {
    await using stack = new AsyncDisposableStack();
    const all: TestNode[] = [];
    for (let index = 0; index < count; index++) {
      const root = stack.use(await temporaryFolder()).path;
      all.push(stack.use(await TestNode.start({ root })));
    }
    return new Nodes(all, stack.move());
  }

  get ports(): number[] {
    return this.all.map((node) => node.node.port);
  }

  /** {@linkcode stateOf} each. */
  states(): Promise<NodeState[]> {
    return Promise.all(this.ports.map(stateOf));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

/** The output of `init` for a failed deployment, and its exit code. */
export async function failureOf(
  deploying: Promise<unknown>,
): Promise<{ code: number; text: string }> {
  try {
    await deploying;
  } catch (error) {
    assert.ok(error instanceof FarcallError, String((error as Error)?.stack));
    return {
      code: exitCodeOf(error.code),
      text: [`${error.code}: ${error.message}`, ...error.details].join("\n"),
    };
  }
  assert.fail("it was deployed");
}
