/** Nodes over UDP and raw IP, as their users see them, for every way to run farcall. */
import assert from "node:assert/strict";
import { connect, rpc, serve } from "../../../mod.ts";
import { connectPackets } from "../../../lib/transport/raw_ip/mod.ts";
import { ownAddresses } from "../../../lib/transport/raw_ip/socket/mod.ts";
import { Cli, type MakeProgram, under } from "../../_support/commands/cli.ts";
import { allowingFfi } from "../../_support/ffi.ts";
import { TestConsole } from "../../_support/commands/console_page.ts";
import { Project } from "../../_support/nodes/fleet.ts";
import { readAll } from "../../transport/transport_suite.ts";
import { failure, mentions, nothingToDo } from "../../_support/mentions.ts";

const host = "127.0.0.1";

const scripts = {
  "add.ts": "export const add = (a: number, b: number): number => a + b;\n",
  "echo.ts": "export const echo = (bytes: Uint8Array): Uint8Array => bytes;\n",
  "squares.ts": "export async function* squares(numbers: AsyncIterable<number>) {\n" +
    "  for await (const number of numbers) yield number * number;\n}\n",
};

function initYaml(over: string, ports: readonly [number, number], publicKey: string): string {
  return `network:
  servers:
    s1: { ip: ${host}, port: ${ports[0]}, ${over} }
    s2: { ip: ${host}, port: ${ports[1]}, ${over} }
  clients:
    c1: { ip: ${host} }
    c2: { key: "${publicKey}" }
    c3: { ip: 127.0.0.3 }
services:
  math:
    providers: [s1, s2]
    tenants: [c1, c2]
    rpcs:
      add: { args: [int, int], returns: [int], src: add.ts }
      echo: { args: [bytes], returns: [bytes], src: echo.ts }
      squares: { args: [Stream<int>], returns: [Stream<int>], src: squares.ts }
`.replaceAll("Stream<int>", "'Stream[int]'");
}

/** Registers the tests of one way to run farcall. */
export function overSuite(name: string, make: MakeProgram): void {
  if (Deno.build.os !== "linux") return;
  overUdpOrIp({ name, make, over: "udp" });

  Deno.test(`what goes wrong over UDP and raw IP is said, ${name}`, async (t) => {
    await using program = await make();
    await using allowed = await allowingFfi(program);
    const cli = new Cli(allowed);
    await using project = await Project.create({ "add.ts": scripts["add.ts"] });
    const cwd = project.folder;

    await t.step("what --over does not accept", async () => {
      for (const over of ["tls", "ip:17"]) {
        const says = await cli.fail(2, ["serve", "--port", "0", "--over", over], { cwd });
        assert.match(says, /--over/);
      }
    });
    await t.step("TLS, IPv6 addresses and other machines' addresses", async () => {
      const tls = ["--tls-cert", "a.crt", "--tls-key", "a.key"];
      const cases: readonly [args: readonly string[], expected: RegExp][] = [
        [[host, "0", "--over", "udp", ...tls], mentions("--over udp", "TLS")],
        [[host, "0", "--over", "udp", "--require-tls"], mentions("--over udp", "TLS")],
        [["::1", "0", "--over", "udp"], /IPv6/],
        [["203.0.113.1", "0", "--over", "udp"], mentions("203.0.113.1", "address")],
      ];
      for (const [args, expected] of cases) {
        assert.match(await cli.fail(2, ["serve", ...args], { cwd }), expected);
      }
    });
    await t.step("an init.yaml with impossible servers", async () => {
      const cases: readonly [server: string, expected: RegExp][] = [
        ["over: sctp", mentions('"over"')],
        ['over: "ip:171"', mentions(/\bover: +ip, +protocol: 171\b/)],
        ["over: ip, protocol: 6", mentions("148", "254")],
        ["over: udp, protocol: 170", mentions('"protocol"', '"over: ip"')],
        ["protocol: 170", mentions('"protocol"', '"over: ip"')],
        ["over: udp, tls: true", mentions('"tls"', "TCP")],
        ['over: udp, ip: "::1"', mentions("IPv4")],
      ];
      for (const [server, expected] of cases) {
        const ip = server.includes("ip: ") ? "" : `ip: ${host}, `;
        await project.write(
          "init.yaml",
          `network:\n  servers: { s1: { ${ip}port: 8181, ${server} } }\n` +
            `  clients: { c1: { ip: ${host} } }\nservices:\n  math:\n    providers: [s1]\n` +
            "    tenants: [c1]\n    rpcs:\n" +
            "      add: { args: [int, int], returns: [int], src: add.ts }\n",
        );
        assert.match(await cli.fail(2, ["init", "--dry-run"], { cwd }), expected);
      }
    });
    await t.step("addresses", async () => {
      const call = (server: string) =>
        cli.run(["call", "math.add", "2", "3", "--server", server], { cwd });
      const nobody = await call(`udp://${host}:1`);
      assert.match(
        nobody.stderr,
        mentions("farcall serve", "--over"),
      );
      assert.match((await call("udp://[::1]:8181")).stderr, /IPv6/);
      assert.match(
        (await call("udp://name.invalid:8181")).stderr,
        mentions("name.invalid", "IPv4"),
      );
      assert.match((await call(`ip+6://${host}:8181`)).stderr, mentions("ip+148://", "ip+254://"));
    });
    await t.step("a port in use by another node", async () => {
      await using node = await cli.serve([host, "0", "--over", "udp"], { cwd });
      const again = ["serve", host, String(node.port), "--over", "udp", "--root", "other"];
      assert.match(
        await cli.fail(2, again, { cwd }),
        failure("Address In Use", `${host}:${node.port}`),
      );
    });
    if (program.args[0] === "run") {
      await t.step("without --allow-ffi", async () => {
        const plain = new Cli({ ...program, commands: undefined });
        const serving = await plain.fail(2, ["serve", host, "0", "--over", "udp"], { cwd });
        assert.match(serving, /--allow-ffi/);
        const server = `udp://${host}:1`;
        const calling = await plain.run(["call", "math.add", "2", "3", "--server", server], {
          cwd,
        });
        assert.match(calling.stderr, /--allow-ffi/);
      });
    }
  });
}

/** Registers the tests of raw IP, which need root of a network of their own. */
export function rawIpSuite(name: string, make: MakeProgram): void {
  overUdpOrIp({ name, make, over: "ip" });

  Deno.test(`without the privilege for raw IP, what gives it is said, ${name}`, async () => {
    await using program = await make();
    await using allowed = await allowingFfi(program);
    const without = ["--bounding-set", "-net_raw", "--inh-caps", "-net_raw"];
    const cli = new Cli(under(allowed, "setpriv", ...without));
    const server = `ip://${host}:1`;
    const serving = await cli.fail(2, ["serve", host, "0", "--over", "ip"]);
    const calling = await cli.fail(20, ["call", "math.add", "2", "3", "--server", server]);
    for (const says of [serving, calling]) {
      assert.match(says, mentions("root", "setcap cap_net_raw+ep", "unshare -rn"));
    }
  });
}

/** Registers a test of all kinds of calls over one of the two. */
export function overUdpOrIp(
  { name, make, over }: {
    readonly name: string;
    readonly make: MakeProgram;
    readonly over: "udp" | "ip";
  },
): void {
  const protocol = over === "udp" ? 17 : 170;
  // Opens the C library, which stays open: Deno 2.4 would report it as a leak of the first test.
  ownAddresses();

  Deno.test(`everything that TCP carries goes over ${over}, ${name}`, async (t) => {
    await using program = await make();
    await using allowed = await allowingFfi(program);
    const cli = new Cli(allowed);
    await using project = await Project.create(scripts);
    const cwd = project.folder;
    const publicKey = await cli.succeed(["keygen", "c2"], { cwd });
    await using one = await cli.serve([host, "0", "--over", over, "--name", "s1"], { cwd });
    await using two = await cli.serve([host, "0", "--over", over, "--name", "s2"], { cwd });
    await project.write("init.yaml", initYaml(`over: ${over}`, [one.port, two.port], publicKey));
    const file = project.path("init.yaml");

    await t.step("commands, by init.yaml and by address", async () => {
      assert.match(one.readyLine, mentions(one.address, /\bs1\b/));
      await cli.succeed(["init"], { cwd });
      assert.equal(await cli.succeed(["call", "math.add", "2", "3"], { cwd }), "5");
      for (const server of ["s2", one.address]) {
        const call = ["call", "math.add", "2", "3", "--server", server];
        assert.equal(await cli.succeed(call, { cwd }), "5");
      }
      const status = await cli.succeed(["status"], { cwd });
      assert.match(status, new RegExp(`s1 +${over}://${host}:${one.port} +up`));
      const bare = ["status", "--server", two.address];
      assert.match(await cli.succeed(bare, { cwd }), /up/);
      assert.match(await cli.succeed(["init"], { cwd }), nothingToDo);
    });
    await t.step("the console: its nodes, calls by client, a call", async () => {
      await using served = await TestConsole.start({ cli, project });
      await served.whenAllTold();
      const order = { service: "math", rpc: "add", types: ["int", "int"], texts: ["2", "3"] };
      const [answer] = await served.lines("call", { ...order, as: "c1" });
      assert.deepEqual(answer.texts, ["5"]);
    });
    await t.step("keys, valid only for the node that they were proved to", async () => {
      const call = ["call", "math.add", "2", "3", "--as", "c2", "--key", "c2.key"];
      assert.equal(await cli.succeed(call, { cwd }), "5");
      assert.match(await cli.fail(22, call.slice(0, -2), { cwd }), /Unauthenticated/);
    });
    await t.step("large values, many calls, and streams, from the library", async () => {
      await using client = await connect(file, { as: "c1" });
      const bytes = crypto.getRandomValues(new Uint8Array(60_000));
      const large = new Uint8Array(1024 * 1024).map((_, index) => bytes[index % bytes.length]);
      assert.deepEqual(await client.call("math", "echo", [large]), large);
      const sums = Array.from(
        { length: 200 },
        (_, index) => client.call("math", "add", [index, 1]),
      );
      assert.deepEqual(
        await Promise.all(sums),
        Array.from({ length: 200 }, (_, index) => index + 1),
      );
      const numbers = Array.from({ length: 5000 }, (_, index) => index);
      const squares: unknown[] = [];
      for await (
        const square of await client.call("math", "squares", [numbers]) as AsyncIterable<unknown>
      ) squares.push(square);
      assert.deepEqual(squares, numbers.map((number) => number * number));
    });
    await t.step("so many packets that V8 compiles their handling", async () => {
      await Promise.all(Array.from({ length: 8 }, async () => {
        await using client = await connect(one.address);
        for (let count = 0; count < 1500; count++) {
          assert.equal(await client.call("math", "add", [count, 1]), count + 1);
        }
      }));
      assert.equal(await cli.succeed(["call", "math.add", "2", "3"], { cwd }), "5");
    });
    await t.step("the original's text, JSON-RPC and HTTP, by hand", async () => {
      const value = '{"client":"c1","service":"math","rpc":"add","arguments":["2","3"]}';
      const body = "[2,3]";
      const requests: readonly [sends: string, hears: RegExp][] = [
        [`{"header":"RPC-REQ","value":${value}}`, /"return-values":\["5"\]/],
        ['{"jsonrpc":"2.0","id":1,"method":"math.add","params":[2,3]}\n', /"result":5/],
        [
          `POST /math/add HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
          /^HTTP\/1\.1 200 [^]*5/,
        ],
      ];
      for (const [sends, hears] of requests) {
        const transport = await connectPackets(host, one.port, { protocol, timeoutMs: 60_000 });
        await transport.write(new TextEncoder().encode(sends));
        await transport.closeWrite();
        assert.match(new TextDecoder().decode(await readAll(transport)), hears);
        transport.close();
      }
      await using client = await connect(file, { as: "c1", oneShot: true });
      assert.equal(await client.call("math", "add", [2, 3]), 5);
    });
    await t.step("a client is known by its address, and another address is refused", async () => {
      const call = ["call", "math.add", "2", "3", "--as", "c3"];
      assert.match(await cli.fail(14, call, { cwd }), /Client Not Registered/);
    });
    await t.step("a node inside a program", async () => {
      await using node = await serve({
        port: 0,
        over,
        log: "silent",
        services: { m: { add: rpc(["int", "int"], ["int"], (a, b) => a + b) } },
      });
      assert.match(node.address, new RegExp(`^${over}://${host}:\\d+$`));
      await using client = await connect(node.address);
      assert.equal(await client.call("m", "add", [2, 3]), 5);
      assert.equal(await cli.succeed(["call", "m.add", "2", "3", "--server", node.address]), "5");
    });
    await t.step("a killed node: the next one serves, and callers notice", async () => {
      one.process.kill("SIGKILL");
      await one.process.ended;
      assert.equal(await cli.succeed(["call", "math.add", "2", "3"], { cwd }), "5");
      const says = await cli.fail(20, ["call", "math.add", "2", "3", "--server", "s1"], { cwd });
      assert.match(says, failure("Node Unreachable", '"s1"', String(one.port)));
      assert.equal((await two.stop()).code, 0);
    });
  });
}
