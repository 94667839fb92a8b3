/** The npm package, as its users install it: from the tarball, under Node.js. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { formatTypes } from "../../lib/client/types_text.ts";
import { checkoutAsProcesses, Cli, type Outcome, Running } from "../_support/commands/cli.ts";
import { Project } from "../_support/nodes/fleet.ts";
import { nodeJs, nodeJsCommand } from "../_support/node_js.ts";
import { needing } from "../_support/programs.ts";
import { writeModules, writePackage } from "../../tools/npm.ts";

const scripts: Readonly<Record<string, string>> = {
  add: "export const add = (a: number, b: number): number => a + b;",
  fail: "export const fail = (text: string): number => { throw new RangeError(text); };",
  echo: "export const echo = (i: unknown, b: unknown): unknown => [i, b];",
  upper: `export async function* upper(lines: AsyncIterable<string>): AsyncGenerator<string> {
    for await (const line of lines) yield line.toUpperCase();
  }`,
  wait: `export async function wait(this: { signal: AbortSignal }): Promise<void> {
    console.log("begun");
    await new Promise((done) => this.signal.addEventListener("abort", done));
    console.log("cancelled");
  }`,
};

function initYaml(
  ports: readonly [plain: number, secure: number],
  key: string,
  tls: string,
): string {
  return `network:
  servers:
    s1: { ip: 127.0.0.1, port: ${ports[0]} }
    s2: { ip: 127.0.0.1, port: ${ports[1]}, tls: ${tls} }
  clients: { c1: { ip: 127.0.0.1 }, c2: { key: "${key}" } }
services:
  plain: &service
    providers: [s1]
    tenants: [c1, c2]
    rpcs:
      add: { args: [int, int], returns: [int], src: add.ts }
      fail: { args: [str], returns: [int], src: fail.ts }
      echo: { args: [int, bytes], returns: [int, bytes], src: echo.ts }
      upper: { args: ["Stream[str]"], returns: ["Stream[str]"], src: upper.ts }
      wait: { args: [], returns: [], src: wait.ts }
  secure: { <<: *service, providers: [s2], tenants: [c2] }
`;
}

/** A user's program, and its output. Each line is one requirement. */
const program = `
import assert from "node:assert/strict";
import * as farcall from "farcall";
const { connect, Farcall, FarcallError, ExecutionException, InvalidConfiguration, NodeUnreachable } = farcall;
const { fingerprint, other, secure, plainAddress } = JSON.parse(process.argv[2]);
assert.equal(globalThis.Deno, undefined);

const caller = await connect("init.yaml", { as: "c1" });
assert.ok(caller instanceof Farcall);
assert.equal(await caller.call("plain", "add", [2, 3]), 5);
const plain = caller.service("plain");
assert.equal(\`\${plain}\`, "[object farcall service plain]");
const bytes = Uint8Array.of(0, 1, 255);
assert.deepEqual(await plain.echo(2n ** 64n, bytes), [2n ** 64n, bytes]);
const large = new Uint8Array(4 * 1024 * 1024).fill(7);
assert.deepEqual((await plain.echo(1, large))[1], large);
const many = await Promise.all(Array.from({ length: 300 }, (_, i) => plain.add(i, 1)));
assert.equal(many[299], 300);
await assert.rejects(plain.fail("no"), (error) => error instanceof ExecutionException &&
  error instanceof FarcallError && error.message === "RangeError: no" && /^s1 /.test(error.node));
const got = [];
for await (const line of plain.upper(async function* () { yield "a"; yield "b"; }())) got.push(line);
assert.deepEqual(got, ["A", "B"]);
async function* endless() { for (let i = 0;; i++) yield "line " + i; }
for await (const line of plain.upper(endless())) if (line === "LINE 50") break;
const abort = new AbortController();
setTimeout(() => abort.abort(), 100);
await assert.rejects(caller.call("plain", "wait", [], { signal: abort.signal }), farcall.Cancelled);
await assert.rejects(caller.call("plain", "wait", [], { timeoutMs: 100 }), farcall.DeadlineExceeded);
await assert.rejects(plain.nope(), farcall.RpcNotFound);
const { node, script } = await caller.reply("plain", "add", [1, 1]);
assert.equal(await caller.call("plain", "add", [1, 1], { pin: script }), 2);
assert.match(node, /^s1 /);
await caller.close();

const oneShot = await connect("init.yaml", { as: "c1", oneShot: true });
assert.equal(await oneShot.service("plain").add(4, 5), 9);
await oneShot.close();

const keyed = await connect("init.yaml", { as: "c2", key: "c2.key" });
assert.equal(await keyed.service("secure").add(6, 7), 13);
await keyed.close();
async function once(target, options, ...call) {
  const caller = await connect(target, options);
  try {
    return await caller.call(...call);
  } finally {
    await caller[Symbol.asyncDispose]();
  }
}
const add = ["secure", "add", [1, 2]];
await assert.rejects(once("init.yaml", { as: "c2" }, "plain", "add", [1, 1]), farcall.Unauthenticated);
for (const tls of [{ ca: "node.crt" }, { fingerprint }]) {
  assert.equal(await once(secure, { tls, as: "c2", key: "c2.key" }, ...add), 3);
}
const refused = {
  "not trusted here": [secure, { tls: true }],
  "shows another certificate": [secure, { tls: { fingerprint: other } }],
  "presents a certificate for another name": [secure, { tls: { ca: "node.crt", serverName: "another.test" } }],
  "not speak TLS": [plainAddress, { tls: { ca: "node.crt" } }],
  "nothing listens there": ["127.0.0.1:1", {}],
};
for (const [says, [target, options]] of Object.entries(refused)) {
  await assert.rejects(once(target, options, ...add), (error) =>
    error instanceof NodeUnreachable && error.message.includes(says) || assert.fail(says + ": " + error));
}
await assert.rejects(connect("nope.yaml"), (error) =>
  error instanceof InvalidConfiguration && /does not exist/.test(error.message));
await assert.rejects(connect("init.yaml", { as: "c2", key: "add.ts" }), InvalidConfiguration);
console.log("all of it");
`;

/** Type-checked with the package's types and those of "farcall types". */
const typedProgram =
  `import { connect, type ConnectOptions, ExecutionException, type Reply } from "farcall";
import type { Services } from "./services.ts";
const options: ConnectOptions = { as: "c1" };
const farcall = await connect<Services>("init.yaml", options);
const sum: number = await farcall.service("plain").add(1, 2);
const reply: Reply = await farcall.reply("plain", "add", [1, 2]);
try { console.log(sum, reply.script); } catch (error) {
  if (error instanceof ExecutionException) console.log(error.code);
}
`;
const wronglyTyped = `import { connect } from "farcall";
import type { Services } from "./services.ts";
const farcall = await connect<Services>("init.yaml", { as: "c1" });
await farcall.service("plain").add("1", 2);
await connect(5);
farcall.nope();
`;

async function run(command: string, args: readonly string[], cwd: string): Promise<Outcome> {
  const env = { NO_COLOR: "1", npm_config_update_notifier: "false" };
  await using running = new Running(command, args, { cwd, env });
  return await running.ended;
}

async function succeed(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, cwd);
  assert.equal(code, 0, `${command} ${args.join(" ")}: ${stdout}${stderr}`);
  return stdout.trim();
}

Deno.test({
  ...needing(nodeJs, "the npm package calls from Node.js, installed from its tarball"),
  async fn(t) {
    await using program_ = await checkoutAsProcesses();
    const cli = new Cli(program_);
    await using project = await Project.create();
    const cwd = project.folder;
    for (const [name, text] of Object.entries(scripts)) await project.write(`${name}.ts`, text);
    const keygen = (...args: string[]) => cli.succeed(["keygen", ...args], { cwd });
    const key = await keygen("c2");
    const fingerprint = await keygen("--tls", "127.0.0.1", "node");
    const other = await keygen("--tls", "127.0.0.1", "other");
    const serve = (root: string, ...args: string[]) =>
      cli.serve(["--port", "0", "--root", root, ...args], { cwd });
    await using plain = await serve("r1");
    await using secure = await serve("r2", "--tls-cert", "node.crt", "--tls-key", "node.key");
    const tls = `{ fingerprint: "${fingerprint}" }`;
    await project.write("init.yaml", initYaml([plain.port, secure.port], key, tls));
    await cli.succeed(["init"], { cwd });

    await writePackage(project.path("package"));
    const packed = await succeed("npm", ["pack", "--silent", "./package"], cwd);
    await project.write("package.json", '{ "name": "app", "private": true, "type": "module" }');
    await succeed("npm", ["install", "--offline", "--no-audit", "--no-fund", `./${packed}`], cwd);
    await Deno.remove(project.path("package"), { recursive: true });
    const nodeJsPath = nodeJsCommand();

    await t.step("connect, calls, streams, keys, TLS, one-shot", async () => {
      await project.write("program.mjs", program);
      const facts = JSON.stringify({
        fingerprint,
        other,
        secure: secure.address,
        plainAddress: plain.address,
      });
      assert.equal(await succeed(nodeJsPath, ["program.mjs", facts], cwd), "all of it");
    });
    const main = join("node_modules", "farcall", "main.js");
    const farcall = (args: readonly string[]) => run(nodeJsPath, [main, ...args], cwd);
    await t.step("farcall call", async () => {
      assert.equal((await farcall(["call", "plain.add", "2", "3", "--as", "c1"])).stdout, "5\n");
      assert.match((await farcall(["call", "plain"])).stdout, /add\(int, int\) -> int/);
      const keyed = ["call", "secure.add", "2", "3", "--as=c2", "--key", "c2.key"];
      assert.equal((await farcall(keyed)).stdout, "5\n");
      const failed = await farcall(["call", "plain.fail", "no"]);
      assert.equal(failed.code, 10);
      assert.match(failed.stderr, /^farcall: Execution Exception: RangeError: no/);
      assert.equal((await farcall(["call", "plain.add", "--nope"])).code, 2);
      assert.equal((await farcall(["serve"])).code, 2);
      assert.match((await farcall(["--help"])).stdout, /--timeout/);
      await project.write("lines.txt", "a\nb\n");
      const upper = await farcall(["call", "plain.upper", "@lines.txt"]);
      assert.equal(upper.stdout, "A\nB\n", upper.stderr);
    });
    await t.step("npx finds it", async () => {
      const bin = await Deno.lstat(project.path("node_modules/.bin/farcall"));
      assert.ok(bin.isSymlink || bin.isFile);
    });
    await t.step("its types match the output of farcall types, for Deno", async () => {
      const add = { rpc: "add", args: ["int", "int"], returns: ["int"] };
      await project.write("services.ts", formatTypes([{ name: "plain", overloads: [add] }]));
      await project.write("typed.ts", typedProgram);
      await project.write("wrong.ts", wronglyTyped);
      const { stderr } = await run(Deno.execPath(), ["check", "typed.ts", "wrong.ts"], cwd);
      assert.deepEqual(
        [...stderr.matchAll(/at file:.*\/(.*?):(\d+):/g)].map(([, file, line]) =>
          `${file}:${line}`
        ),
        ["wrong.ts:4", "wrong.ts:5", "wrong.ts:6"],
      );
    });
    await t.step("and for tsc, without skipLibCheck", async () => {
      const { default: ts } = await import("npm:typescript@5.9.3");
      const program = ts.createProgram([project.path("typed.ts")], {
        strict: true,
        noEmit: true,
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        allowImportingTsExtensions: true,
        skipLibCheck: false,
        skipDefaultLibCheck: true,
        types: [],
      });
      const messages = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) =>
        `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`
      );
      assert.deepEqual(messages, []);
    });
  },
});

/** Bundled code that no caller reaches: listening, Unix sockets, and raw IP, which reports it. */
const unused = [
  "listen",
  "listenTls",
  "removeSync",
  "UnsafePointer",
  "UnsafePointerView",
  "version",
];

Deno.test("everything that callers use of Deno has a counterpart for Node.js", async () => {
  await using project = await Project.create();
  const { inputs } = await writeModules(project.folder, new Set());
  const { Deno: api } = await import("../../npm/deno_api.ts");
  const missing: string[] = [];
  for (const path of Object.keys(inputs)) {
    // Only our own: the other packages are made for Node.js.
    if (!/^(lib|cli)\//.test(path)) continue;
    const text = await Deno.readTextFile(new URL(`../../${path}`, import.meta.url));
    const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    for (const [, name] of code.matchAll(/\bDeno\.([a-z]\w*(?:\.\w+)?|Unsafe\w+)/g)) {
      const [member, part] = name.split(".");
      const found = (api as Record<string, unknown>)[member];
      const isThere = found !== undefined &&
        (member !== "errors" || (part !== undefined && part in api.errors));
      if (!isThere && !unused.includes(member)) missing.push(`${path}: Deno.${name}`);
    }
  }
  assert.deepEqual(missing, []);
});
