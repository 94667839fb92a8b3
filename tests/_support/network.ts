/**
 * Private networks for tests: whatever needs a privilege, or another machine, runs in namespaces that end with the
 * test.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type Need, needing } from "./programs.ts";

/** A network namespace in which raw sockets can be opened: `unshare -rn` needs no root. */
export const ownNetwork: Need = {
  name: "unshare with a network of one's own",
  isMet: () => {
    if (Deno.build.os !== "linux") return false;
    try {
      const { success } = new Deno.Command("unshare", {
        args: ["-rn", "ip", "link", "set", "lo", "up"],
        stdout: "null",
        stderr: "null",
      }).outputSync();
      return success;
    } catch {
      return false;
    }
  },
};

/**
 * Registers a test that runs a test module in a network of its own, as root there: with `lo`, and whatever the shell's
 * `script` creates.
 */
export function testInOwnNetwork(name: string, module: URL, script = "true"): void {
  Deno.test({
    ...needing(["unshare", "ip", ownNetwork], name),
    fn: async () => {
      const prepared = `ip link set lo up && ${script} && exec "$0" "$@"`;
      const test = ["test", "--quiet", "--no-check", "--allow-all", fileURLToPath(module)];
      const { success, stdout, stderr } = await new Deno.Command("unshare", {
        args: ["-rn", "sh", "-c", prepared, Deno.execPath(), ...test],
        env: { NO_COLOR: "1" },
      }).output();
      const decoder = new TextDecoder();
      assert.ok(success, decoder.decode(stdout) + decoder.decode(stderr));
    },
  });
}

/**
 * Another machine: a network namespace at the other end of a cable (a veth pair), inside a test's network. {@linkcode
 * OtherMachine.here} is this end's address, {@linkcode OtherMachine.there} the other's.
 */
export class OtherMachine implements AsyncDisposable {
  readonly here = "10.77.0.1";
  readonly there = "10.77.0.2";
  /** The interface on this side. */
  readonly cable = "cable0";
  readonly #holder: Deno.ChildProcess;

  private constructor(holder: Deno.ChildProcess) {
    this.#holder = holder;
  }

  static async connect({ mtu = 1500 } = {}): Promise<OtherMachine> {
    const holder = new Deno.Command("unshare", {
      args: ["-n", "sh", "-c", "echo ready; exec cat"],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const machine = new OtherMachine(holder);
    try {
      const reader = holder.stdout.getReader();
      await reader.read();
      reader.releaseLock();
      const { here, there, cable } = machine;
      const link = `name ${cable} mtu ${mtu} type veth peer name cable1 mtu ${mtu}`;
      await machine.run(`ip link add ${link} netns ${holder.pid}`);
      await machine.run(`ip address add ${here}/24 dev ${cable}`, `ip link set ${cable} up`);
      const inside = `nsenter -t ${holder.pid} -n ip`;
      await machine.run(
        `${inside} address add ${there}/24 dev cable1`,
        `${inside} link set cable1 up`,
        `${inside} link set lo up`,
      );
      return machine;
    } catch (error) {
      await machine[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs commands on this side. */
  async run(...commands: readonly string[]): Promise<void> {
    for (const command of commands) {
      const [program, ...args] = command.split(" ");
      const { success, stderr } = await new Deno.Command(program, { args }).output();
      assert.ok(success, `${command}: ${new TextDecoder().decode(stderr)}`);
    }
  }

  /** The process that holds its network. */
  get pid(): number {
    return this.#holder.pid;
  }

  /** Runs commands on the other side. */
  async runThere(...commands: readonly string[]): Promise<void> {
    await this.run(...commands.map((command) => this.commandThere(command).join(" ")));
  }

  /** A command line that runs another one on the other side. */
  commandThere(...command: readonly string[]): readonly [program: string, ...args: string[]] {
    return ["nsenter", "-t", String(this.#holder.pid), "-n", ...command];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A namespace disappears some time after its last process, and its cable with it.
    await new Deno.Command("ip", { args: ["link", "delete", this.cable] }).output();
    await this.#holder.stdin.close();
    await this.#holder.stdout.cancel();
    await this.#holder.status;
  }
}
