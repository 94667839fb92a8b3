/** Failures that a node's root survives, and init's messages about a full disk; for every way to run farcall. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Cli, type MakeProgram, type Program, ServedNode } from "../../_support/commands/cli.ts";
import { Fleet, Project } from "../../_support/nodes/fleet.ts";
import { mounted, needing, ownMounts, shelled } from "../../_support/programs.ts";
import { deployed, failure, mentions, nothingChanged } from "../../_support/mentions.ts";

/** Limits files to 8 KiB, like a full disk, without any privilege. */
const smallFiles = "trap '' XFSZ; ulimit -f 16";

/** A service on one node. */
function service(name: string, node: string, description: string): string {
  return `  ${name}:
    description: "${description}"
    providers: [${node}]
    tenants: [c1]
    rpcs: { size: { args: [], returns: int, src: ${name}.ts } }
`;
}

/** A script of about this many bytes. */
function script(bytes: number): string {
  return `const data = "${"x".repeat(bytes)}";\nexport const size = () => data.length;\n`;
}

/** Registers the tests of one way to run farcall. */
export function durableSuite(name: string, make: MakeProgram): void {
  Deno.test(`serve does not run what differs from what was written, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using fleet = await Fleet.start(cli);
    await fleet.succeed(["init"]);
    const { s1 } = fleet;
    await s1.stop();
    const serve = ["serve", s1.host, String(s1.port), "--root", s1.root];
    const manifest = JSON.parse(await Deno.readTextFile(join(s1.root, "generations/1.json")));
    const { script: id } = manifest.manifest.services[0].overloads[0];
    const files: [what: string, path: string, damage: (text: string) => string, says: RegExp][] = [
      [
        "a script",
        `services/${id}.js`,
        (text) => text.replace("a + b", "a - b"),
        mentions("math.add(int, int)", `${id}.js"`, "damaged", "renamed"),
      ],
      [
        "the generation",
        "generations/1.json",
        (text) => text.replace('"c1"', '"c9"'),
        mentions('"generations/1.json"', "backup"),
      ],
      [
        "the name of the generation",
        "current",
        (text) => text.replace("1", "2"),
        mentions('"generations/2.json"', "missing"),
      ],
      [
        "a root of a newer version",
        "format",
        () => "2\n",
        mentions("newer", "format 2", /\b1\b/, "version"),
      ],
      [
        "the format",
        "format",
        () => "one\n",
        mentions('"format"', '"one"', '"1"'),
      ],
    ];
    for (const [what, path, damage, says] of files) {
      await t.step(what, async () => {
        const file = join(s1.root, path);
        const text = await Deno.readTextFile(file);
        assert.notEqual(damage(text), text);
        await Deno.writeTextFile(file, damage(text));
        assert.match(await cli.fail(2, serve), says);
        await Deno.writeTextFile(file, text);
      });
    }
    await t.step("restored, it serves the same deployment", async () => {
      await using node = await cli.serve(serve.slice(1));
      assert.match(node.readyLine, /generation 1, 2 services/);
      assert.equal(await fleet.succeed(["call", "math.add", "2", "3", "--server", "s1"]), "5");
    });
  });

  /** Deploys to two nodes, of which s2 has no space, and checks that nothing has changed on either. */
  async function deployWithoutRoom(
    t: Deno.TestContext,
    program: Program,
    limited: Program,
    project: Project,
    says: RegExp,
  ): Promise<void> {
    const cli = new Cli(program);
    // Its files are elsewhere: nobody here could prove to be its user.
    const key = project.path("me.key");
    await cli.succeed(["keygen", project.path("me")]);
    const keyed = ["--deploy-key", project.path("me.pub"), "--port", "0", "--root"];
    await using one = await cli.serve([...keyed, project.path("one")]);
    await using two = await ServedNode.ready(
      new Cli(limited).start(["serve", ...keyed, project.path("two")]),
    );
    const write = (description: string, ...services: string[]) =>
      project.write(
        "init.yaml",
        `network:\n  servers:\n    s1: { ip: 127.0.0.1, port: ${one.port} }\n` +
          `    s2: { ip: 127.0.0.1, port: ${two.port} }\n  clients: { c1: { ip: 127.0.0.1 } }\n` +
          "services:\n" +
          services.map((name) =>
            service(`${name}_1`, "s1", description) + service(`${name}_2`, "s2", description)
          ).join(""),
      );
    for (const [name, bytes] of [["small", 1000], ["large", 200_000]] as const) {
      for (const node of [1, 2]) await project.write(`${name}_${node}.ts`, script(bytes));
    }
    const options = { cwd: project.folder };
    const call = (name: string) => cli.run(["call", name], options);
    const stands = async (): Promise<void> => {
      const { stdout } = await cli.run(["init", "--key", key, "--history"], options);
      assert.match(stdout, mentions("s1", "s2"));
      for (const name of ["small_1.size", "small_2.size"]) {
        assert.equal((await call(name)).stdout, "1000\n", name);
      }
    };
    await write("", "small");
    await cli.succeed(["init", "--key", key], options);
    await t.step("a script does not fit", async () => {
      await write("", "small", "large");
      const { code, stdout, stderr } = await cli.run(["init", "--key", key], options);
      assert.equal(code, 22, stderr);
      assert.match(stdout, /^s1 .*generation 1 → 2/, "the plan, and no word of a deployment");
      assert.doesNotMatch(stdout, /deployed/);
      assert.match(
        stderr,
        failure("Deploy Rejected", "s2", "receive", "write"),
      );
      assert.match(stderr, says);
      assert.match(stderr, nothingChanged);
      await stands();
    });
    await t.step("the generation does not fit", async () => {
      await write("x".repeat(150_000), "small");
      const { code, stderr } = await cli.run(["init", "--key", key], options);
      assert.equal(code, 22, stderr);
      assert.match(
        stderr,
        failure("Deploy Rejected", "s2", "stage", "write"),
      );
      assert.match(stderr, says);
      assert.match(stderr, nothingChanged);
      await stands();
    });
    await t.step("what fits is deployed, to both", async () => {
      await write("a description", "small");
      assert.match(
        await cli.succeed(["init", "--key", key], options),
        deployed({ s1: 2, s2: 2 }),
      );
      assert.equal((await two.stop()).code, 0);
    });
  }

  Deno.test({
    name: `init changes nothing where a node's files may not grow, ${name}`,
    ignore: Deno.build.os === "windows",
    fn: async (t) => {
      await using program = await make();
      await using project = await Project.create();
      const limited = shelled(program, smallFiles);
      await deployWithoutRoom(t, program, limited, project, mentions("large"));
    },
  });

  Deno.test({
    ...needing(ownMounts, `init changes nothing where a node's disk is full, ${name}`),
    fn: async (t) => {
      await using program = await make();
      await using project = await Project.create();
      await Deno.mkdir(project.path("two"));
      const limited = mounted(
        program,
        `mount -t tmpfs -o size=128k,mode=700 none ${project.path("two")}`,
      );
      await deployWithoutRoom(t, program, limited, project, mentions(/\bspace\b/));
    },
  });

  Deno.test(`serve refuses a root in which the runtime opens no files for executors, ${name}`, async () => {
    await using program = await make();
    await using project = await Project.create();
    const linked = project.path("linked");
    await Deno.symlink("/dev", linked);
    const cli = new Cli(program);
    for (const root of ["/dev/shm/root", "/proc/root", "/sys/root", `${linked}/shm/root`]) {
      assert.match(
        await cli.fail(2, ["serve", "--port", "0", "--root", root]),
        failure("Root Unreadable", /\/(dev|proc|sys)\b/, "executors", "--root"),
      );
    }
    await assert.rejects(Deno.stat("/dev/shm/root"), Deno.errors.NotFound);
  });

  Deno.test({
    ...needing(ownMounts, `serve says that its root cannot be written, ${name}`),
    fn: async () => {
      await using program = await make();
      await using project = await Project.create();
      const root = project.path("root");
      await Deno.mkdir(root);
      const mount = `mount -t tmpfs -o mode=700,ro none ${root}`;
      const readOnly = new Cli(mounted(program, mount));
      assert.match(
        await readOnly.fail(2, ["serve", "--port", "0", "--root", root]),
        failure("Root Unreadable", "--root", "read-only"),
      );
    },
  });
}
