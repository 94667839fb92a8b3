/** farcall from a URL: `deno run http://…/mod.ts` from an empty folder, without installing anything. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Cli, type Program, repository, runFlags } from "../_support/commands/cli.ts";
import { Fleet, Project } from "../_support/nodes/fleet.ts";
import { deployed } from "../_support/mentions.ts";

/** The files that a site serves: only the modules. */
const served = /^\/(mod\.ts|(cli|lib)\/[\w/]+\.ts)$/;

/** type_check_test.ts checks the same types from the checkout, at a third of this test's cost. */
const areTypesChecked = Deno.env.has("FARCALL_REMOTE_TYPES");

/** The checkout over HTTP on loopback. */
class Site implements AsyncDisposable {
  readonly #closing = new AbortController();
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, signal: this.#closing.signal, onListen: () => {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      this.requests.push(pathname);
      if (!served.test(pathname)) return new Response("not here", { status: 404 });
      const text = await Deno.readTextFile(join(repository, pathname));
      return new Response(text, { headers: { "content-type": "application/typescript" } });
    },
  );
  /** The requested paths. */
  readonly requests: string[] = [];

  get address(): string {
    return `127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Not shutdown(), which waits for kept-alive connections.
    this.#closing.abort();
    await this.#server.finished;
  }
}

/** A module cache with npm packages, which come from a registry anyway, and without modules of farcall. */
async function newCache(project: Project): Promise<string> {
  const cache = project.path("cache");
  await Deno.mkdir(cache);
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { npmCache } = JSON.parse(new TextDecoder().decode(stdout));
  await Deno.symlink(npmCache, join(cache, "npm"));
  return cache;
}

async function fromUrl(url: string, cache: string): Promise<Program> {
  return {
    name: "from a URL",
    command: Deno.execPath(),
    args: [...await runFlags(), url],
    env: { DENO_DIR: cache, NO_COLOR: "1" },
    isEnvCleared: false,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

Deno.test("farcall runs from a URL without install", async (t) => {
  await using project = await Project.create();
  const cache = await newCache(project);
  await using site = new Site();
  const url = `http://${site.address}/mod.ts`;
  await using program = await fromUrl(url, cache);
  const cli = new Cli(program);
  await using fleet = await Fleet.start(cli);

  await t.step("serve, init and call", async () => {
    assert.match(await fleet.succeed(["init"]), deployed({ s1: 1, s2: 1 }));
    assert.equal(await fleet.succeed(["call", "math.add", "2", "3"]), "5");
    assert.match(await fleet.fail(10, ["call", "math.mean", "[]"]), /Execution Exception/);
    const server = ["--server", fleet.s1.address];
    assert.equal(await cli.succeed(["call", "math.add", "far", "call", ...server]), "farcall");
  });

  await t.step("a program imports connect from it", async () => {
    await fleet.project.write(
      "program.ts",
      `import { connect, ExecutionException } from "${url}";
await using farcall = await connect("init.yaml", { as: "c2" });
const math = farcall.service("math");
console.log(await math.add(2, 3));
try {
  await math.mean([]);
} catch (error) {
  if (error instanceof ExecutionException) console.log(error.code);
}
`,
    );
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", `--allow-import=${site.address}`],
        ...(areTypesChecked ? ["--check"] : []),
        // The YAML library reads the two variables.
        ...["--allow-net", "--allow-read=init.yaml", "--allow-env=LOG_TOKENS,LOG_STREAM"],
        "program.ts",
      ],
      cwd: fleet.project.folder,
      env: { DENO_DIR: cache, NO_COLOR: "1" },
    }).output();
    const said = new TextDecoder().decode(stderr);
    assert.deepEqual({ code, said }, { code: 0, said: "" });
    assert.equal(new TextDecoder().decode(stdout), "5\nExecution Exception\n");
  });

  await t.step("every module is fetched exactly once", () => {
    assert.deepEqual(site.requests.filter((path) => !served.test(path)), []);
    assert.ok(site.requests.includes("/mod.ts"));
    assert.ok(site.requests.includes("/lib/executor/sandbox/child.ts"));
  });

  await t.step("the cache suffices when the site is gone", async () => {
    await site[Symbol.asyncDispose]();
    assert.equal((await fleet.s1.stop()).code, 0);
    const { root, port } = fleet.s1;
    await using node = await cli.serve(["--port", String(port), "--root", root]);
    assert.match(node.readyLine, /generation 1/);
    assert.equal(await fleet.succeed(["call", "math.add", "2", "3", "--server", "s1"]), "5");
  });
});
