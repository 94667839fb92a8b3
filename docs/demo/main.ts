/**
 * The demo: two nodes on free loopback ports, the repository's own init.yaml, a client program, one
 * changed script, a second deployment. It ends by itself and leaves nothing behind.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const permissions = ["read", "write", "net", "run", "env", "sys"].map((name) => `--allow-${name}`);
const farcall = ["run", "--quiet", "--no-prompt", ...permissions];

interface Node {
  readonly name: string;
  readonly port: string;
  readonly process: Deno.ChildProcess;
}

// Ctrl-C ends the demo as its end does: the nodes hear it too, and what waits for them goes on to the clean-up.
Deno.addSignalListener("SIGINT", () => {});
const folder = await Deno.makeTempDir({ prefix: "farcall-demo-" });
const nodes: Node[] = [];
try {
  await demo();
} finally {
  for (const node of nodes) node.process.kill("SIGTERM");
  for (const node of nodes) await node.process.status;
  await Deno.remove(folder, { recursive: true });
}
say("\nBoth nodes are stopped and the demo's folder is gone. README.md has the tour for your own.");

async function demo(): Promise<void> {
  title("1. Two nodes: `farcall serve`, the same program on every machine");
  for (const name of ["s1", "s2"]) nodes.push(await startNode(name));

  title("2. Nodes, clients and services: init.yaml");
  await copyExample();
  drawGraph();

  title(
    "3. `farcall init` sends every node the scripts that it lacks, and starts them everywhere at once",
  );
  await run("init", join(folder, "init.yaml"));

  title("4. A client program calls (docs/demo/client.ts)");
  await runClient();

  title("5. Without farcall: the original protocol is one line of JSON over TCP");
  await callByHand();

  title("6. From the shell: `farcall call`");
  await shell("call", "math.add", "2", "3");
  await shell("call", "math.mean", "[1.5, 2]", "--verbose");
  await shell("call", "text.word_count", "the quick and the dead", "--as", "c2");

  title("7. One script changes: services/math/mean.ts rounds to whole numbers from now on");
  const script = join(folder, "services/math/mean.ts");
  const source = await Deno.readTextFile(script);
  await Deno.writeTextFile(
    script,
    source.replace(/return (.*);\n}\s*$/, "return Math.round($1);\n}\n"),
  );
  say("   `farcall init` again: only that script travels, no node restarts, no call is lost");
  await run("init", join(folder, "init.yaml"));
  await shell("call", "math.mean", "[1.5, 2]", "--verbose");

  title("8. All nodes at once: what each of them answers, and what they have logged");
  await shell("call", "--all", "math.mean", "[1.5, 2]");
  await shell("logs", "--rpc", "mean", "--since", "10s");

  title("9. The fleet as `farcall console` shows it in the browser, here as text");
  await shell("console", "--text");
}

/** Starts a node on a free port and waits for its ready line, which tells the port. */
async function startNode(name: string): Promise<Node> {
  const root = join(folder, name);
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...farcall,
      join(repository, "mod.ts"),
      ...["serve", "127.0.0.1", "0", "--root", root, "--log", join(folder, `${name}.log`)],
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let line = "";
  for await (const chunk of process.stdout.pipeThrough(new TextDecoderStream())) {
    line += chunk;
    if (line.includes("\n")) break;
  }
  const port = /:(\d+)/.exec(line)?.[1];
  if (port === undefined) throw new Error(`the node ${name} did not start: ${line}`);
  say(`   ${name}: ${line.trim().replace(root, `…/${name}`)}`);
  return { name, port, process };
}

/** Copies init.yaml and services/ to the demo's folder, with the ports of its nodes. */
async function copyExample(): Promise<void> {
  let text = await Deno.readTextFile(join(repository, "init.yaml"));
  for (const { name, port } of nodes) {
    text = text.replace(new RegExp(`(${name}: \\{ ip: 127.0.0.1, port: )\\d+`), `$1${port}`);
  }
  await Deno.writeTextFile(join(folder, "init.yaml"), text);
  const copy = async (path: string): Promise<void> => {
    for await (const entry of Deno.readDir(join(repository, path))) {
      const inner = `${path}/${entry.name}`;
      if (entry.isDirectory) await copy(inner);
      else {
        await Deno.mkdir(dirname(join(folder, inner)), { recursive: true });
        await Deno.copyFile(join(repository, inner), join(folder, inner));
      }
    }
  };
  await copy("services");
}

function drawGraph(): void {
  say(`
       clients                              nodes
                    math, hash            ┌──────┐
      ┌──────┐ ──────────────────────────▶│  s1  │  math  add mean bounds divide primes is_prime
      │  c1  │                       ┌───▶│      │  hash  digest
      └──────┘ ────────┐  math, hash │    └──────┘
                       │             │
      ┌──────┐ ────────┼─────────────┘    ┌──────┐
      │  c2  │         │  math            │  s2  │  math  add mean bounds divide primes is_prime
      └──────┘ ──────┐ └─────────────────▶│      │  text  word_count search note
                     │    math, text      │      │
                     └───────────────────▶└──────┘
      Everybody can reach every node; c1 is no tenant of text, so s2 refuses it there.`);
}

/** Runs farcall and shows its output, indented. */
async function run(...args: string[]): Promise<void> {
  await showOutput([...farcall, join(repository, "mod.ts"), ...args]);
}

async function runClient(): Promise<void> {
  await showOutput([
    ...farcall,
    join(repository, "docs/demo/client.ts"),
    join(folder, "init.yaml"),
  ]);
}

/** Runs farcall as one would in a shell beside init.yaml, and shows the command too. */
async function shell(...args: string[]): Promise<void> {
  say(`   $ farcall ${args.map((arg) => /^[\w.,:-]+$/.test(arg) ? arg : `'${arg}'`).join(" ")}`);
  await run(...args);
}

async function showOutput(args: string[]): Promise<void> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: folder })
    .output();
  const decoder = new TextDecoder();
  for (const line of (decoder.decode(stdout) + decoder.decode(stderr)).trimEnd().split("\n")) {
    say(`   ${line.replaceAll(folder, "…")}`);
  }
  if (code !== 0) throw new Error(`farcall ended with exit code ${code}`);
}

async function callByHand(): Promise<void> {
  const request =
    '{"header":"RPC-REQ","value":{"client":"c1","service":"math","rpc":"add","arguments":["2","3"],' +
    '"argument-types":["int","int"],"return-types":["int"]}}';
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(nodes[0].port) });
  await conn.write(new TextEncoder().encode(request));
  say(`   $ printf '${request}' | nc 127.0.0.1 ${nodes[0].port}`);
  say(`   ${(await new Response(conn.readable).text()).trim()}`);
}

function title(text: string): void {
  say(`\n${text}`);
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
