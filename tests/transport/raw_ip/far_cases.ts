/** A node on another machine. Runs in a network of its own: see far_test.ts. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { connect, ConnectionLost, type Farcall, NodeUnreachable } from "../../../mod.ts";
import { connectPackets } from "../../../lib/transport/raw_ip/mod.ts";
import { ownAddresses } from "../../../lib/transport/raw_ip/socket/mod.ts";
import { Running } from "../../_support/commands/cli.ts";
import { OtherMachine } from "../../_support/network.ts";
import { mentions } from "../../_support/mentions.ts";

// Opens the C library, which stays open.
ownAddresses();

const bytes = new Uint8Array(1024 * 1024).map((_, index) => index * 7 + (index >> 8));

for (const over of ["ip", "udp"] as const) {
  for (const mtu of [1500, 9000, 576]) {
    Deno.test(`far ${over}: large values pass where packets have ${mtu} bytes at most`, async () => {
      await using machine = await OtherMachine.connect({ mtu });
      await using far = await farNode(machine, over);
      await using client = await connect(far.address);
      assert.deepEqual(await client.call("m", "echo", [bytes]), bytes);
    });
  }

  Deno.test(`far ${over}: where nothing listens, the other machine says so at once`, async () => {
    await using machine = await OtherMachine.connect();
    const protocol = over === "udp" ? 17 : 170;
    const connecting = connectPackets(machine.there, 8181, { protocol, timeoutMs: 60_000 });
    await assert.rejects(connecting, (error) => {
      assert.ok(error instanceof NodeUnreachable);
      assert.match(
        error.message,
        mentions("farcall serve", "10.77.0.2", "8181", "--over"),
      );
      return true;
    });
  });

  Deno.test(`far ${over}: a machine or network that is not there is told apart from a node`, async () => {
    await using machine = await OtherMachine.connect();
    const protocol = over === "udp" ? 17 : 170;
    const cases: readonly [host: string, expected: RegExp][] = [
      ["10.77.0.9", /\broute\b.*\bmachine\b/],
      ["203.0.113.1", /\broute\b.*\bnetwork\b/],
    ];
    for (const [host, expected] of cases) {
      const connecting = connectPackets(host, 8181, { protocol, timeoutMs: 60_000 });
      await assert.rejects(connecting, (error) => {
        assert.ok(error instanceof NodeUnreachable);
        assert.match(error.message, expected);
        return true;
      });
    }
    await machine.run(
      "ip neigh add 10.77.0.8 lladdr 02:00:00:00:00:01 dev cable0",
    );
    const silent = connectPackets("10.77.0.8", 8181, { protocol, timeoutMs: 300 });
    await assert.rejects(silent, mentions("300 ms"));
  });

  Deno.test(`far ${over}: a node or an interface that goes away ends its calls, with the reason`, async () => {
    const bounds = { rawIp: { silentMs: 2000 } };
    await using machine = await OtherMachine.connect();
    {
      await using far = await farNode(machine, over);
      await using client = await connect(far.address, { bounds });
      const { lost } = await callOn(client);
      far.process.kill("SIGKILL");
      await lost;
    }
    await using far = await farNode(machine, over);
    await using client = await connect(far.address, { bounds });
    const { lost } = await callOn(client);
    await machine.run(`ip link set ${machine.cable} down`);
    await lost;
    await assert.rejects(
      client.call("m", "echo", [bytes.subarray(0, 10)], { timeoutMs: 60_000 }),
      (error) => error instanceof NodeUnreachable && /\broute\b|\binterface\b/.test(error.message),
    );
  });
}

/** Calls repeatedly. Resolves after the first call. @returns Resolves when a call fails because the node is gone. */
async function callOn(client: Farcall): Promise<{ readonly lost: Promise<void> }> {
  await client.call("m", "echo", [bytes]);
  const calling = async (): Promise<void> => {
    for (;;) await client.call("m", "echo", [bytes]);
  };
  const lost = assert.rejects(
    calling(),
    (error) => error instanceof ConnectionLost || error instanceof NodeUnreachable,
  );
  return { lost };
}

async function farNode(
  machine: OtherMachine,
  over: string,
): Promise<{ readonly address: string; readonly process: Running } & AsyncDisposable> {
  const module = fileURLToPath(new URL("_far_node.ts", import.meta.url));
  const deno = [Deno.execPath(), "run", "--quiet", "--no-check", "--allow-all", module];
  const [program, ...args] = machine.commandThere(...deno, machine.there, over, machine.here);
  const process = new Running(program, args);
  const [address] = await process.stdout.until(/^.*(?=\n)/);
  return { address, process, [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]() };
}
