/** The setting of command tests: a folder with files, and nodes for the example's servers. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import {
  Cli,
  type MakeProgram,
  type Outcome,
  repository,
  type ServedNode,
  type StartOptions,
} from "../commands/cli.ts";

/** A temporary folder with files. */
export class Project implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @param files Their texts by path. */
  static async create(files: Readonly<Record<string, string>> = {}): Promise<Project> {
    const folder = await Deno.makeTempDir({ prefix: "farcall-test-" });
    const project = new Project(await Deno.realPath(folder));
    for (const [path, text] of Object.entries(files)) await project.write(path, text);
    return project;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  read(name: string): Promise<string> {
    return Deno.readTextFile(this.path(name));
  }

  async write(name: string, text: string): Promise<void> {
    await Deno.mkdir(dirname(this.path(name)), { recursive: true });
    await Deno.writeTextFile(this.path(name), text);
  }

  /**
   * Writes a compiler that is found before all others, finds no mistake, and calls itself `deno 9.8.7`: a real one takes
   * a second.
   */
  async addCompiler(): Promise<void> {
    const path = "node_modules/.bin/deno";
    await this.write(path, "#!/bin/sh\necho deno 9.8.7\n");
    await Deno.chmod(this.path(path), 0o755);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** The repository's example in a temporary folder, and a node for each of its two servers. */
export class Fleet implements AsyncDisposable {
  readonly cli: Cli;
  readonly project: Project;
  readonly s1: ServedNode;
  readonly s2: ServedNode;

  private constructor(cli: Cli, project: Project, nodes: readonly ServedNode[]) {
    this.cli = cli;
    this.project = project;
    [this.s1, this.s2] = nodes;
  }

  /** @param nodeArgs More arguments of `serve`. */
  static async start(cli: Cli, nodeArgs: readonly string[] = []): Promise<Fleet> {
    const project = await Project.create();
    const starting = ["s1", "s2"].map((name) =>
      cli.serve(["--port", "0", "--root", project.path(`roots/${name}`), ...nodeArgs])
    );
    const started = await Promise.allSettled(starting);
    const nodes = started.flatMap((each) => each.status === "fulfilled" ? [each.value] : []);
    try {
      await Promise.all(starting);
      const fleet = new Fleet(cli, project, nodes);
      await fleet.#copyExample();
      return fleet;
    } catch (error) {
      for (const node of nodes) await node[Symbol.asyncDispose]();
      await project[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs a command beside init.yaml. */
  run(args: readonly string[], options: StartOptions = {}): Promise<Outcome> {
    return this.cli.run(args, { cwd: this.project.folder, ...options });
  }

  /** As {@linkcode Cli.succeed}, beside init.yaml. */
  succeed(args: readonly string[], options: StartOptions = {}): Promise<string> {
    return this.cli.succeed(args, { cwd: this.project.folder, ...options });
  }

  /** As {@linkcode Cli.fail}, beside init.yaml. */
  fail(code: number, args: readonly string[], options: StartOptions = {}): Promise<string> {
    return this.cli.fail(code, args, { cwd: this.project.folder, ...options });
  }

  /** The output of `init --dry-run` if there are changes. */
  async plan(args: readonly string[] = [], options: StartOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(["init", "--dry-run", ...args], options);
    assert.equal(code, 3, stderr);
    return stdout.trimEnd();
  }

  /** The start of an init.yaml: the two servers at their real ports, clients c1 and c2. */
  get network(): string {
    return [
      "network:",
      "  servers:",
      `    s1: { ip: 127.0.0.1, port: ${this.s1.port} }`,
      `    s2: { ip: 127.0.0.1, port: ${this.s2.port} }`,
      "  clients:",
      "    c1: { ip: 127.0.0.1 }",
      "    c2: { ip: 127.0.0.1 }",
      "",
    ].join("\n");
  }

  /** Runs a function with the same nodes and a fresh copy of the example. */
  async inOwnFolder(work: (fleet: Fleet) => Promise<void>): Promise<void> {
    await using project = await Project.create();
    const fleet = new Fleet(this.cli, project, [this.s1, this.s2]);
    await fleet.#copyExample();
    await work(fleet);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.s1[Symbol.asyncDispose]();
    await this.s2[Symbol.asyncDispose]();
    await this.project[Symbol.asyncDispose]();
  }

  async #copyExample(): Promise<void> {
    const text = await Deno.readTextFile(join(repository, "init.yaml"));
    const atPorts = text.replace("port: 8181", `port: ${this.s1.port}`)
      .replace("port: 8282", `port: ${this.s2.port}`);
    await this.project.write("init.yaml", atPorts);
    for (const path of await filesBelow(join(repository, "services"))) {
      const text = await Deno.readTextFile(join(repository, "services", path));
      await this.project.write(`services/${path}`, text);
    }
  }
}

/** Tests that share their nodes: each deploys what it needs, replacing the previous deployment. */
export interface FleetPart {
  readonly name: string;
  run(t: Deno.TestContext, fleet: Fleet): Promise<void>;
}

/** Registers one test of one way to run farcall: a fleet, and its steps in order. */
export function fleetTest(
  what: string,
  make: MakeProgram,
  parts: readonly FleetPart[],
): void {
  Deno.test(what, async (t) => {
    await using program = await make();
    await using fleet = await Fleet.start(new Cli(program));
    for (const { name, run } of parts) {
      await t.step(name, (t) => fleet.inOwnFolder((own) => run(t, own)));
    }
  });
}

/** The relative paths of all files below a folder. */
export async function filesBelow(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory) files.push(name);
    else for (const path of await filesBelow(join(folder, name))) files.push(`${name}/${path}`);
  }
  return files.sort();
}
