/** Encryption as its users see it, for every way to run farcall: from outside, with proxies and raw sockets. */
import assert from "node:assert/strict";
import { connect, type ConnectOptions } from "../../../lib/client/mod.ts";
import { connectTcp, listenTcp, type Transport } from "../../../lib/transport/mod.ts";
import { connectTls } from "../../../lib/transport/tls.ts";
import { Cli, type MakeProgram, Running } from "../../_support/commands/cli.ts";
import { Project } from "../../_support/nodes/fleet.ts";
import { needing } from "../../_support/programs.ts";
import { readAll } from "../../transport/transport_suite.ts";
import { lineWith, mentions } from "../../_support/mentions.ts";

const host = "127.0.0.1";
const add = "export function add(a: number, b: number): number { return a + b; }\n";

/** An init.yaml of one node. */
function initYaml(port: number, tls: string, clients = "c1: { ip: 127.0.0.1 }"): string {
  return `network:
  servers:
    s1: { ip: ${host}, port: ${port}${tls} }
  clients: { ${clients} }
services:
  math:
    providers: [s1]
    tenants: [c1]
    rpcs:
      add: { args: [int, int], returns: [int], src: add.ts }
`;
}

/** Registers the tests of one way to run farcall. */
export function tlsSuite(name: string, make: MakeProgram): void {
  Deno.test(`keygen --tls makes a certificate for a name or an address, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create();
    const cwd = project.folder;

    await t.step("it prints the fingerprint, and where to put it", async () => {
      const { code, stdout, stderr } = await cli.run(["keygen", "--tls", "10.0.0.5"], { cwd });
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^sha256:[0-9a-f]{64}\n$/);
      assert.match(stderr, lineWith("10.0.0.5.key", "secret", "10.0.0.5.crt"));
      assert.match(
        stderr,
        lineWith(
          /farcall serve 10\.0\.0\.5 --tls-cert 10\.0\.0\.5\.crt --tls-key 10\.0\.0\.5\.key$/,
        ),
      );
      assert.ok(stderr.includes(`tls: { fingerprint: "${stdout.trim()}" }`), stderr);
      if (Deno.build.os !== "windows") {
        const { mode } = await Deno.stat(project.path("10.0.0.5.key"));
        assert.equal(mode! & 0o777, 0o600);
      }
      const says = await cli.fail(2, ["keygen", "--tls", "10.0.0.5"], { cwd });
      assert.match(says, mentions('"10.0.0.5.key"'));
    });
    await t.step("a malformed host is refused", async () => {
      for (const wrong of ["10.0.0.5:8181", "https://a.b", "a b", "1.2.3"]) {
        assert.match(
          await cli.fail(2, ["keygen", "--tls", wrong], { cwd }),
          mentions("--tls", "host"),
        );
      }
    });
    await t.step({
      ...needing("openssl", "openssl accepts it"),
      async fn() {
        const openssl = async (...args: string[]): Promise<string> => {
          await using running = new Running("openssl", args, { cwd });
          const { code, stdout, stderr } = await running.ended;
          assert.equal(code, 0, stderr);
          return stdout;
        };
        const made = await cli.run(["keygen", "--tls", "node.test", "n"], { cwd });
        const fingerprint = made.stdout.trim();
        assert.match(made.stderr, lineWith("init.yaml", 'n: { ip: "node.test"'));
        await cli.succeed(["keygen", "--tls", "[fd00::1:2]", "six"], { cwd });
        assert.match(await openssl("verify", "-CAfile", "n.crt", "n.crt"), /n\.crt: OK/);
        const text = await openssl(
          "x509",
          "-in",
          "n.crt",
          "-noout",
          "-text",
          "-fingerprint",
          "-sha256",
        );
        assert.match(text, /DNS:node\.test, DNS:farcall\.invalid/);
        assert.match(text, /CA:FALSE/);
        const shown = /SHA256 Fingerprint=([0-9A-F:]+)/i.exec(text)![1];
        assert.equal(`sha256:${shown.replaceAll(":", "").toLowerCase()}`, fingerprint);
        const six = await openssl("x509", "-in", "six.crt", "-noout", "-text");
        assert.match(six, /IP Address:FD00:0:0:0:0:0:1:2/);
        const ofKey = await openssl("pkey", "-in", "n.key", "-pubout");
        assert.equal(await openssl("x509", "-in", "n.crt", "-noout", "-pubkey"), ofKey);
      },
    });
  });

  Deno.test(`a node with a certificate takes calls over TLS only, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create({ "add.ts": add });
    const cwd = project.folder;
    const fingerprint = await cli.succeed(["keygen", "--tls", host, "node"], { cwd });
    const other = await cli.succeed(["keygen", "--tls", host, "other"], { cwd });
    const key = await cli.succeed(["keygen", "c1"], { cwd });
    const certificate = await project.read("node.crt");
    const tls = ["--tls-cert", "node.crt", "--tls-key", "node.key"];
    await using node = await cli.serve(["--port", "0", ...tls, "--require-tls"], { cwd });
    const { address, port } = node;
    const pinned = `, tls: { fingerprint: "${fingerprint}" }`;
    const clients = `c1: { key: "${key}" }`;
    await project.write("init.yaml", initYaml(port, pinned, clients));
    await project.write("ca.yaml", initYaml(port, ", tls: { ca: node.crt }", clients));
    const call = ["call", "math.add", "2", "3", "--as", "c1", "--key", "c1.key"];

    await t.step(
      "every command, by init.yaml; keys are proved to the address behind it",
      async () => {
        assert.match(node.readyLine, /\bTLS only\b/);
        await node.process.stderr.until(new RegExp(fingerprint));
        await cli.succeed(["init"], { cwd });
        for (const file of ["init.yaml", "ca.yaml"]) {
          assert.equal(await cli.succeed([...call, "--config", file], { cwd }), "5");
        }
        assert.match(
          await cli.succeed(["call", "--as", "c1", "--key", "c1.key"], { cwd }),
          /add\(/,
        );
        assert.doesNotMatch(node.process.stderr.text, /handshake-failed/);
        assert.match(await cli.succeed(["status"], { cwd }), /s1 .* up /);
        assert.match(
          await cli.succeed(["explain", ...call.slice(1)], { cwd }),
          lineWith(/^identity +c1: /, /\bproved\b.*\bkey\b/),
        );
        await cli.succeed(["status", "--verify"], { cwd });
        await cli.succeed(["init", "--history"], { cwd });
      },
    );
    await t.step("by address, with --tls", async () => {
      const byAddress = ["--server", address, "--tls"];
      assert.equal(await cli.succeed([...call, ...byAddress, fingerprint], { cwd }), "5");
      assert.equal(await cli.succeed([...call, ...byAddress, "node.crt"], { cwd }), "5");
      assert.match(await cli.succeed(["status", ...byAddress, "node.crt"], { cwd }), /up/);
      const asC1 = ["--as", "c1", "--key", "c1.key"];
      assert.match(
        await cli.succeed(["types", ...byAddress, fingerprint, ...asC1], { cwd }),
        /add/,
      );
    });
    await t.step(
      "from the library, one-shot too; signed requests are for the same address",
      async () => {
        const keyPath = project.path("c1.key");
        for (const oneShot of [false, true]) {
          for (const tls of [{ fingerprint }, { ca: project.path("node.crt") }]) {
            const options: ConnectOptions = { as: "c1", key: keyPath, oneShot, tls };
            await using farcall = await connect(address, options);
            assert.equal(await farcall.call("math", "add", [2, 3]), 5);
          }
        }
        await assert.rejects(connect(address, { tls: { fingerprint: "sha256:12" } }), TypeError);
      },
    );
    await t.step(
      "a node with another certificate is not called, and the reason is given",
      async () => {
        const failing = async (...args: string[]): Promise<string> =>
          await cli.fail(20, [...call, "--server", address, "--tls", ...args], { cwd });
        assert.match(await failing(other), mentions("sha256:", "intercepting"));
        assert.match(await failing("other.crt"), mentions(address, /\bcertificate\b/));
        assert.match(await failing("system"), mentions(address, /\bauthority\b.*\btrusted\b/));
        const wrongName = `, tls: { ca: node.crt, server-name: x.test }`;
        await project.write("wrong.yaml", initYaml(port, wrongName, clients));
        assert.match(
          await cli.fail(20, [...call, "--config", "wrong.yaml"], { cwd }),
          mentions('"server-name"', "certificate"),
        );
        const before = node.process.stderr.text.split("call.executed").length;
        await project.write("plain.yaml", initYaml(port, "", clients));
        assert.match(
          await cli.fail(20, [...call, "--config", "plain.yaml"], { cwd }),
          mentions("TLS", '"tls"', "init.yaml", fingerprint),
        );
        await using farcall = await connect(address, { oneShot: true });
        await assert.rejects(
          farcall.call("math", "add", [2, 3]),
          mentions("TLS", fingerprint),
        );
        assert.equal(node.process.stderr.text.split("call.executed").length, before);
        await cli.fail(2, [...call, "--server", address, "--tls", "sha256:12"], { cwd });
        await cli.fail(2, [...call, "--server", address, "--tls", "no.crt"], { cwd });
        assert.match(await cli.fail(2, [...call, "--tls", "system"], { cwd }), mentions("--tls"));
      },
    );
    await t.step("HTTP becomes HTTPS, and the other framings work unchanged inside", async () => {
      const client = Deno.createHttpClient({ caCerts: [certificate] });
      const answer = await fetch(`https://${address}/openapi.json`, { client });
      assert.equal(answer.status, 200);
      assert.equal((await answer.json()).openapi.slice(0, 2), "3.");
      client.close();
      const trust = { authorities: [certificate] };
      for (
        const [said, heard] of [
          ['{"jsonrpc":"2.0","method":"math.add","params":[2,3],"id":1}\n', '{"jsonrpc":"2.0","'],
          ['{"header":"RPC-REQ","value":{}}', '{"header":"RPC-EX"'],
        ]
      ) {
        const transport = await connectTls(host, port, { timeoutMs: 60_000, trust });
        await transport.write(new TextEncoder().encode(said));
        await transport.closeWrite();
        const text = new TextDecoder().decode(await readAll(transport));
        assert.ok(text.startsWith(heard), text);
        transport.close();
      }
    });
    await t.step(
      "a certificate that was renewed in its files is shown, without a restart",
      async () => {
        const trust = ["--server", address, "--tls", other];
        await Deno.rename(project.path("other.key"), project.path("node.key"));
        await Deno.rename(project.path("other.crt"), project.path("node.crt"));
        await node.process.stderr.until(new RegExp(`certificate\\.shown.*${other}`));
        assert.equal(await cli.succeed([...call, ...trust], { cwd }), "5");
        assert.match(await cli.fail(20, call, { cwd }), mentions(address, /\bcertificate\b/));
      },
    );
  });

  Deno.test(`a reply truncated between TLS records is a lost connection, never an answer, ${name}`, async () => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create({
      "add.ts": "export async function add(a: number): Promise<string> {\n" +
        '  await new Promise((resolve) => setTimeout(resolve, 50));\n  return "x".repeat(a);\n}\n',
    });
    const cwd = project.folder;
    const fingerprint = await cli.succeed(["keygen", "--tls", host, "node"], { cwd });
    const certificate = await project.read("node.crt");
    const tls = ["--tls-cert", "node.crt", "--tls-key", "node.key"];
    await using node = await cli.serve(["--port", "0", ...tls], { cwd });
    const file = initYaml(node.port, `, tls: { fingerprint: "${fingerprint}" }`)
      .replace("[int, int], returns: [int]", "[int], returns: [str]");
    await project.write("init.yaml", file);
    await cli.succeed(["init"], { cwd });
    const length = 200_000;
    for (const oneShot of [false, true]) {
      await using proxy = new CuttingProxy(node.port);
      const tls = { ca: project.path("node.crt") };
      const options: ConnectOptions = { as: "c1", oneShot, tls };
      await using farcall = await connect(`${host}:${proxy.port}`, options);
      assert.equal((await farcall.call("math", "add", [length]) as string).length, length);
      proxy.bytesLeft = 100_000;
      await assert.rejects(farcall.call("math", "add", [length]), { code: "Connection Lost" });
    }
    await using proxy = new CuttingProxy(node.port);
    const client = Deno.createHttpClient({ caCerts: [certificate] });
    const post = async (): Promise<number> => {
      const response = await fetch(`https://${host}:${proxy.port}/math/add`, {
        client,
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify([length]),
      });
      return (await response.json()).length;
    };
    assert.equal(await post(), length);
    proxy.bytesLeft = 100_000;
    await assert.rejects(post());
    client.close();
  });

  Deno.test(`problems of a certificate are reported before anything listens, ${name}`, async () => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create({ "empty.pem": "" });
    const cwd = project.folder;
    await cli.succeed(["keygen", "--tls", host, "node"], { cwd });
    await cli.succeed(["keygen", "--tls", host, "other"], { cwd });
    const fails = async (...args: string[]): Promise<string> =>
      await cli.fail(2, ["serve", "--port", "0", ...args], { cwd });
    const files = (cert: string, key: string) => ["--tls-cert", cert, "--tls-key", key];
    assert.match(
      await fails(...files("no.crt", "node.key")),
      mentions('"no.crt"', "certificate"),
    );
    assert.match(await fails(...files("node.crt", "no.key")), mentions('"no.key"'));
    assert.match(
      await fails(...files("empty.pem", "node.key")),
      mentions('"empty.pem"', "certificate"),
    );
    assert.match(await fails(...files("node.crt", "node.crt")), mentions('"node.crt"', "key"));
    assert.match(
      await fails(...files("node.crt", "other.key")),
      mentions('"node.crt"', '"other.key"', "certificate"),
    );
    assert.match(await fails("--tls-cert", "node.crt"), mentions("--tls-cert", "--tls-key FILE"));
    assert.match(await fails("--tls-key", "node.key"), mentions("--tls-key", "--tls-cert FILE"));
    assert.match(await fails("--require-tls"), mentions("--tls-cert FILE", "certificate"));
    if (Deno.build.os !== "windows") {
      await Deno.chmod(project.path("node.key"), 0o644);
      assert.match(
        await fails(...files("node.crt", "node.key")),
        mentions("chmod 600"),
      );
    }
  });

  Deno.test(`keys without encryption are warned of, except on loopback, ${name}`, async () => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create();
    const cwd = project.folder;
    const key = await cli.succeed(["keygen", "ann"], { cwd });
    await cli.succeed(["keygen", "--tls", host, "node"], { cwd });
    const tls = ["--tls-cert", "node.crt", "--tls-key", "node.key"];
    const says = async (...args: string[]): Promise<boolean> => {
      await using node = await cli.serve([...args, "--port", "0", "--root", "r"], { cwd });
      const { stderr } = await node.stop();
      return /node\.unencrypted .*--tls-cert/.test(stderr);
    };
    assert.equal(await says("0.0.0.0", "--deploy-key", key), true);
    assert.equal(await says("0.0.0.0"), false);
    assert.equal(await says(host, "--deploy-key", key), false);
    assert.equal(await says("0.0.0.0", "--deploy-key", key, ...tls), false);
  });

  Deno.test(`a TLS client of a port without TLS learns what is wrong, ${name}`, async () => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create();
    await using node = await cli.serve(["--port", "0", "--root", project.path("root")]);
    for (const trust of ["system", `sha256:${"ab".repeat(32)}`]) {
      assert.match(
        await cli.fail(20, ["call", "a.b", "--server", node.address, "--tls", trust]),
        mentions("TLS", '"tls"', "--tls-cert"),
      );
    }
    await node.process.stderr.until(/connection\.refused.*\bTLS\b.*--tls-cert/);
  });
}

/** Forwards bytes, and closes both sides after this many from the node: it sees records, and cannot read them. */
class CuttingProxy implements AsyncDisposable {
  bytesLeft = Infinity;
  readonly #listener = listenTcp(host, 0);
  readonly #ends: Transport[] = [];
  readonly #serving: Promise<void>;

  constructor(port: number) {
    this.#serving = this.#serve(port);
  }

  get port(): number {
    return this.#listener.port;
  }

  async #serve(port: number): Promise<void> {
    const pumps: Promise<void>[] = [];
    for (;;) {
      const outside = await this.#listener.accept();
      if (outside === null) break;
      const inside = await connectTcp(host, port, { timeoutMs: 60_000 });
      this.#ends.push(outside, inside);
      pumps.push(this.#pump(outside, inside, false), this.#pump(inside, outside, true));
    }
    await Promise.all(pumps);
  }

  async #pump(from: Transport, to: Transport, isCounted: boolean): Promise<void> {
    const buffer = new Uint8Array(4096);
    try {
      for (;;) {
        const count = await from.read(buffer);
        if (count === null) break;
        if (isCounted) this.bytesLeft -= count;
        if (this.bytesLeft <= 0) break;
        await to.write(buffer.slice(0, count));
      }
    } catch {
      // One side is gone.
    }
    from.close();
    to.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const end of this.#ends) end.close();
    await this.#serving;
  }
}
