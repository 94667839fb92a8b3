/**
 * The demo of raw IP and of peers: two machines, which are namespaces on this one, and between them a wire that loses 5 % of
 * all packets. It needs Linux and no root, ends by itself and leaves nothing behind.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const self = fileURLToPath(import.meta.url);
const permissions = ["read", "write", "net", "run", "env", "sys", "ffi"].map((name) =>
  `--allow-${name}`
);
const deno = [Deno.execPath(), "run", "--quiet", "--no-prompt", ...permissions];
const press = "10.77.0.1";
const office = "10.77.0.2";
const calls = 200;

/** Each role is a process of its own: the demo, its machines' network, a node, a caller. */
const roles: Record<string, () => Promise<void>> = { network: inNetwork, node, caller };
await (roles[Deno.args[0]] ?? demo)();

/** Runs the rest in a network namespace, as its root. */
async function demo(): Promise<void> {
  if (Deno.build.os !== "linux") return say("This demo needs Linux: its machines are namespaces.");
  const child = new Deno.Command("unshare", { args: ["-rn", ...deno, self, "network"] }).spawn();
  // Ctrl-C goes to the child, too, which ends what it has started.
  Deno.addSignalListener("SIGINT", () => {});
  const { code } = await child.status;
  if (code !== 0) {
    say(
      "The demo could not go on. It needs unshare, nsenter, ip, and the right to open /dev/net/tun.",
    );
  }
  Deno.exit(code);
}

async function inNetwork(): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "farcall-demo-" });
  const started: Deno.ChildProcess[] = [];
  const keep = (process: Deno.ChildProcess): Deno.ChildProcess => {
    started.push(process);
    return process;
  };
  const stop = async (): Promise<void> => {
    for (const process of started.splice(0).reverse()) {
      try {
        process.kill("SIGKILL");
      } catch {
        // It has ended by itself.
      }
      await process.status;
    }
    await Deno.remove(folder, { recursive: true });
  };
  Deno.addSignalListener("SIGINT", async () => {
    await stop();
    Deno.exit(130);
  });
  try {
    await show(folder, keep);
  } finally {
    await stop();
  }
  say("\nBoth machines are gone, and the demo's folder with them.");
}

async function show(
  folder: string,
  keep: (process: Deno.ChildProcess) => Deno.ChildProcess,
): Promise<void> {
  title(
    `1. Two machines, press (${press}) and office (${office}), 10 ms there and back; 5 % of all packets are lost`,
  );
  const wire = fileURLToPath(new URL("lossy_wire.ts", import.meta.url));
  const seed = "1";
  const carrying = keep(start([...deno, wire, "press0", "office0", "0.05", "5", seed]));
  await lineFrom(carrying, "ready");
  const machines: Record<string, string[]> = {};
  for (const [device, address] of [["press0", press], ["office0", office]]) {
    // A process that waits, and so keeps the namespace.
    const machine = keep(start(["unshare", "-n", "sh", "-c", "echo ready; exec sleep 3600"]));
    await lineFrom(machine, "ready");
    machines[address] = ["nsenter", "-t", String(machine.pid), "-n", "--"];
    await run(["ip", "link", "set", device, "netns", String(machine.pid)]);
    const inside = (...args: string[]) => run([...machines[address], "ip", ...args]);
    await inside("link", "set", "lo", "up");
    await inside("addr", "add", `${address}/24`, "dev", device);
    await inside("link", "set", device, "up");
  }
  say("   up");

  title(`2. A node at press, called from office ${calls} times, one after another`);
  const serving = keep(start([...machines[press], ...deno, self, "node"]));
  await lineFrom(serving, "ready");
  await run([...machines[office], ...deno, self, "caller"], { isShown: true });

  title("3. Peers: press receives, office sends a message and a file");
  const farcall = [...deno, join(repository, "mod.ts")];
  const inbox = keep(start([
    ...[...machines[press], ...farcall, "inbox", "--follow", "--name", "press"],
    ...["--folder", join(folder, "press")],
  ]));
  await errorFrom(inbox, "receiving");
  const command = async (...args: string[]): Promise<void> => {
    say(`\noffice$ farcall ${args.join(" ")}`);
    const beganMs = performance.now();
    await run([...machines[office], ...farcall, ...args], { isShown: true, cwd: folder });
    say(`(${((performance.now() - beganMs) / 1000).toFixed(1)} s)`);
  };
  await command("discover", "10.77.0.0/29");
  await command("send", press, "The plates are ready.", "--sender", "office");
  const plan = crypto.getRandomValues(new Uint8Array(65_536));
  await Deno.writeFile(join(folder, "plan.pdf"), plan);
  await Deno.truncate(join(folder, "plan.pdf"), 1024 * 1024);
  await command("send-file", press, "plan.pdf", "--sender", "office");

  say("\npress$ farcall inbox");
  for (const line of (await linesFrom(inbox, 2))) say(line.replace(folder, "…"));
}

/** The node at press: the same function over raw IP and over TCP. */
async function node(): Promise<void> {
  const { rpc, serve } = await import("../../mod.ts");
  const services = { math: { add: rpc(["int", "int"], ["int"], (a, b) => a + b) } };
  const clients = { office: { ip: office } };
  const common = { hostname: press, port: 8181, services, clients, log: "silent" } as const;
  await using _ip = await serve({ ...common, over: "ip" });
  await using tcp = await serve(common);
  say("ready");
  await tcp.finished;
}

/** The caller at office. */
async function caller(): Promise<void> {
  const { connect } = await import("../../mod.ts");
  say(
    `   ${"".padEnd(8)}${
      ["half within", "99 % within", "longest", "all"].map((name) => name.padStart(13)).join("")
    }`,
  );
  for (const [name, address] of [["raw IP", `ip://${press}:8181`], ["TCP", `${press}:8181`]]) {
    await using farcall = await connect(address);
    const tookMs: number[] = [];
    for (let number = 0; number < calls; number++) {
      const beganMs = performance.now();
      if (await farcall.call("math", "add", [number, 1]) !== number + 1) {
        throw new Error("wrong sum");
      }
      tookMs.push(performance.now() - beganMs);
    }
    const all = tookMs.reduce((sum, each) => sum + each, 0);
    tookMs.sort((one, other) => one - other);
    const shown = [tookMs[calls / 2], tookMs[Math.floor(calls * 0.99)], tookMs.at(-1)!]
      .map((ms) => `${ms.toFixed(0)} ms`.padStart(13));
    say(`   ${name.padEnd(8)}${shown.join("")}${`${(all / 1000).toFixed(1)} s`.padStart(13)}`);
  }
}

function start([command, ...args]: string[]): Deno.ChildProcess {
  return new Deno.Command(command, {
    args,
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
}

async function run(
  [command, ...args]: string[],
  { isShown = false, cwd }: { isShown?: boolean; cwd?: string } = {},
): Promise<void> {
  const stdout = isShown ? "inherit" : "null";
  const { code, stderr } = await new Deno.Command(command, { args, cwd, stdout, stderr: "piped" })
    .output();
  if (code !== 0) {
    throw new Error(`${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  }
}

function lineFrom(process: Deno.ChildProcess, wanted: string): Promise<void> {
  return textFrom(process.stdout, (text) => text.includes(wanted)).then(() => {});
}

function errorFrom(process: Deno.ChildProcess, wanted: string): Promise<void> {
  return textFrom(process.stderr, (text) => text.includes(wanted)).then(() => {});
}

async function linesFrom(process: Deno.ChildProcess, count: number): Promise<string[]> {
  const text = await textFrom(process.stdout, (text) => text.split("\n").length > count);
  return text.trimEnd().split("\n");
}

async function textFrom(
  stream: ReadableStream<Uint8Array>,
  isEnough: (text: string) => boolean,
): Promise<string> {
  let text = "";
  for await (
    const chunk of stream.pipeThrough(
      new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>,
    )
  ) {
    text += chunk;
    if (isEnough(text)) return text;
  }
  throw new Error(`a process ended too early: ${text}`);
}

function title(text: string): void {
  say(`\n${text}`);
}

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}
