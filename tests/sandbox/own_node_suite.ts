/** A script with a grant of its own node's address: it has no more rights than its keys prove. */
import assert from "node:assert/strict";
import { NodeConnection } from "../../lib/client/mod.ts";
import { FileStore } from "../../lib/store/mod.ts";
import { encodeJson } from "../../lib/encoding/mod.ts";
import { FrameKind, preface, protocolVersion } from "../../lib/protocol/mod.ts";
import { textStatement } from "../../lib/identity/mod.ts";
import { formatAddress } from "../../lib/transport/mod.ts";
import { Cli, type MakeProgram } from "../_support/commands/cli.ts";
import { Project } from "../_support/nodes/fleet.ts";
import { mentions } from "../_support/mentions.ts";
import { bytesOf, manifestOf, newKey, TestConnection } from "../_support/nodes/node.ts";
import { freePort } from "../_support/ports.ts";
import { needing } from "../_support/programs.ts";
import { frameOf, requestFrame } from "../_support/raw_caller.ts";
import { namesOfThisMachine } from "./_names.ts";
import { trying } from "./_trying.ts";
import { hasIpv6 } from "../_support/ipv6.ts";

const linux = { name: "Linux", isMet: () => Deno.build.os === "linux" };

/** Sends bytes for the test and returns the reply, up to what the test waits for. */
const tunnel = trying(`
  const { hostname, port, bytes, until } = bait;
  const connection = await Deno.connect({ hostname, port });
  await connection.write(new Uint8Array(bytes));
  let came = "";
  const buffer = new Uint8Array(4096);
  while (!new RegExp(until).test(came)) {
    const count = await connection.read(buffer);
    if (count === null) break;
    came += new TextDecoder().decode(buffer.subarray(0, count));
  }
  connection.close();
  return came;
`);

/** Calls repeatedly, and has closed its connection when the node looks up its owner. */
const shot = trying(`
  for (let count = 0; count < bait.count; count++) {
    const connection = await Deno.connect(bait);
    await connection.write(new Uint8Array(bait.bytes));
    connection.close();
  }
  return "shot";
`);

const counted = `let count = 0; export default function hit() { return ++count; }`;

const hit = { service: "counted", rpc: "hit" };
const hello = { version: protocolVersion, software: "a script", messageBytesMax: 1 << 20 };

function framed(client: string | undefined, ...frames: Uint8Array[]): Uint8Array {
  const greeting = [preface, frameOf(FrameKind.hello, 0, encodeJson({ ...hello, client }))];
  return Uint8Array.from([...greeting, ...frames].flatMap((part) => [...part]));
}

function http(path: string, body: string): Uint8Array {
  return bytesOf(
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n` +
      `content-length: ${body.length}\r\n\r\n${body}`,
  );
}

const ways: Readonly<Record<string, (client: string | undefined) => Uint8Array>> = {
  text: (client) =>
    bytesOf(JSON.stringify({ header: "RPC-REQ", value: { client, ...hit, arguments: [] } })),
  http: () => http("/counted/hit", "[]"),
  "json-rpc": () =>
    bytesOf(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "counted.hit", params: [] })),
  frames: (client) =>
    framed(
      client,
      frameOf(FrameKind.route, 0, encodeJson({ ...hit, argumentTypes: [], returnTypes: ["int"] })),
      frameOf(FrameKind.call, 7, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 2, ...bytesOf("[]"))),
    ),
};

const rights = {
  status: { op: "status" },
  deployment: { op: "begin", deployment: { id: "d", deployer: "me" }, generation: 0 },
  "the challenge of its user": { op: "local" },
};

/** Registers the tests of one way to run farcall. */
export function ownNodeSuite(name: string, make: MakeProgram): void {
  Deno.test({
    ...needing(
      linux,
      `a script that may connect to its own node is nobody there without a key, ${name}`,
    ),
    fn: async (t) => {
      await using program = await make();
      await using project = await Project.create();
      const port = freePort();
      const key = await newKey();
      const [named] = namesOfThisMachine();
      const ipv6 = hasIpv6() ? ["::1"] : [];
      const granted = ["127.0.0.1", "127.0.0.8", "localhost", ...ipv6];
      const nets: Record<string, string[]> = {
        s: granted.map((host) => formatAddress(host, port)),
        ...(named && { byName: [`${named.name}:${port}`] }),
      };
      const text = { args: ["str"], returns: ["str"] };
      const { manifest, scripts } = await manifestOf({
        clients: [
          { name: "c1", ip: "127.0.0.1" },
          { name: "network", ip: "127.0.0.0/8" },
          { name: "c6", ip: "::1" },
          { name: "keyed", key: key.publicKey },
        ],
        services: {
          s: { rpcs: { tunnel: { ...text, source: tunnel }, shot: { ...text, source: shot } } },
          ...(named && { byName: { rpcs: { tunnel: { ...text, source: tunnel } } } }),
          counted: {
            tenants: ["c1", "network", "c6", "keyed"],
            rpcs: { hit: { returns: ["int"], source: counted } },
          },
        },
      });
      const root = project.path("root");
      {
        await using store = await FileStore.open(root);
        for (const bytes of scripts.values()) await store.putScript(bytes);
        const services = manifest.services.map((service) => ({
          ...service,
          permissions: service.name in nets ? { net: nets[service.name] } : undefined,
        }));
        await (await store.prepare({ ...manifest, services })).commit();
      }
      const grants = Object.entries(nets).map(([service, net]) => `--grant=${service}:net=${net}`);
      // On all addresses, so that an IPv4 address arrives mapped into IPv6.
      const serve = [ipv6.length > 0 ? "::" : "0.0.0.0", String(port), "--root", root, ...grants];
      await using _node = await new Cli(program).serve(serve);
      await using connection = new TestConnection(
        await NodeConnection.open({ host: "127.0.0.1", port }),
      );
      const count = () => connection.call("counted.hit", [], { args: [], returns: ["int"] });
      const viaScript = async (
        bytes: Uint8Array,
        { service = "s", hostname = "127.0.0.1", until = '"exception-|"return-values"' } = {},
      ): Promise<string> => {
        const bait = JSON.stringify({ hostname, port, bytes: [...bytes], until });
        return String(await connection.call(`${service}.tunnel`, [bait], text));
      };

      for (const [way, bytesOf] of Object.entries(ways)) {
        await t.step(`it calls nothing as a client without a key: ${way}`, async () => {
          for (const hostname of granted) {
            // The others name no client.
            const clients = bytesOf.length === 0 ? [undefined] : [undefined, "c1", "c6"];
            for (const client of clients) {
              assert.match(
                await viaScript(bytesOf(client), { hostname, until: "of this node itself" }),
                mentions("key", "script"),
              );
            }
          }
        });
      }
      await t.step("it learns nothing, and cannot deploy", async () => {
        for (const [what, request] of Object.entries(rights)) {
          const came = await viaScript(
            framed(undefined, requestFrame(7, request), requestFrame(8, rights.status)),
            {
              until: '"exception-message"',
            },
          );
          assert.match(
            came,
            mentions("user", "machine", "script"),
            what,
          );
          assert.doesNotMatch(came, /"challenge":"|deployer\.secret|"uptimeMs"/, what);
        }
        const described = requestFrame(7, { op: "describe", service: "counted" });
        assert.match(
          await viaScript(framed(undefined, described), { until: "exception|hit|services.*\\}" }),
          /"services":\[\]\}$/,
        );
      });
      await t.step(
        "nor is it taken for somebody else where it has closed its connection",
        async () => {
          const bait = { hostname: "127.0.0.1", port, count: 50, bytes: [...ways.text("c1")] };
          assert.equal(await connection.call("s.shot", [JSON.stringify(bait)], text), "got shot");
          const asked = await viaScript(ways.text("c1"), { until: "itself" });
          assert.match(asked, /itself/, "the node has looked at those before");
        },
      );
      await t.step({
        name: "a name that leads to its node does not lead it there",
        ignore: named === undefined,
        fn: async () => {
          const to = { service: "byName", hostname: named?.name };
          assert.match(await viaScript(ways.text("c1"), to), /^NotCapable: /);
        },
      });
      await t.step("with a key, it is that key's client", async () => {
        const value = JSON.stringify({
          ...{ client: "keyed", ...hit, arguments: [], to: `127.0.0.1:${port}` },
          ...{ time: Date.now(), nonce: crypto.randomUUID() },
        });
        const signature = await key.sign(textStatement(value));
        const message = { header: "RPC-REQ", value, key: key.publicKey, signature };
        assert.match(await viaScript(bytesOf(JSON.stringify(message))), /"return-values":\["1"\]/);
      });
      await t.step(
        "others on this machine are who they were, and nothing else has run",
        async () => {
          assert.equal(await count(), 2);
          for (const bytesOf of Object.values(ways)) {
            const other = await Deno.connect({ hostname: "127.0.0.1", port });
            await other.write(bytesOf("c1"));
            const buffer = new Uint8Array(4096);
            let came = "";
            while (!/(\[|:|\n|\0)\d\]?\}?\n?$/.test(came)) {
              const read = await other.read(buffer);
              if (read === null) break;
              came += new TextDecoder().decode(buffer.subarray(0, read));
            }
            other.close();
            assert.doesNotMatch(came, /exception/);
          }
          assert.equal(await count(), 3 + Object.keys(ways).length);
        },
      );
    },
  });
}
