/** Scripts that call other nodes over TLS and UDP, and from a node's own address; for every way to run farcall. */
import assert from "node:assert/strict";
import { Cli, type MakeProgram } from "../../_support/commands/cli.ts";
import { allowingFfi } from "../../_support/ffi.ts";
import { Project } from "../../_support/nodes/fleet.ts";

const files = {
  "pass.ts": `export async function pass(this: any, rpc: string, text: string): Promise<string> {
  const [service, name] = rpc.split(".");
  return await this.farcall.service(service)[name](text);
}
`,
  "echo.ts": "export const echo = (text: string): string => `echo ${text}`;\n",
};

/** Two nodes are at 127.0.0.1; the third, which calls the first, at 127.0.0.2. */
const configuration = (ports: readonly number[], tls: string): string =>
  `network:
  servers:
    s1: { ip: 127.0.0.1, port: ${ports[0]} }
    tls: { ip: 127.0.0.1, port: ${ports[1]}, tls: ${tls} }
    udp: { ip: 127.0.0.2, port: ${ports[2]}, over: udp }
  clients: { c1: { ip: 127.0.0.0/8 } }
services:
  front:
    providers: [s1]
    tenants: [c1]
    calls: { secure: [echo], packets: [pass] }
    rpcs: { pass: { args: [str, str], returns: str, src: pass.ts } }
  secure: { providers: [tls], tenants: [], rpcs: { echo: { args: [str], returns: str, src: echo.ts } } }
  packets:
    providers: [udp]
    tenants: []
    calls: { back: [echo] }
    rpcs:
      pass: { args: [str], returns: str, src: back.ts }
  back: { providers: [s1], tenants: [], rpcs: { echo: { args: [str], returns: str, src: echo.ts } } }
`;

const back = `export async function pass(this: any, text: string): Promise<string> {
  return await this.farcall.service("back").echo(text);
}
`;

/**
 * Registers the tests of one way to run farcall.
 *
 * @param options `choosesAddress`: whether the runtime can choose the source address of a TCP connection.
 */
export function scriptCallsCarriersSuite(
  name: string,
  make: MakeProgram,
  { choosesAddress }: { readonly choosesAddress: boolean },
): void {
  if (Deno.build.os !== "linux") return;
  Deno.test(`scripts call over TLS and UDP, from their node's address, ${name}`, async (t) => {
    await using program = await make();
    await using allowed = await allowingFfi(program);
    const cli = new Cli(allowed);
    await using project = await Project.create({ ...files, "back.ts": back });
    const cwd = project.folder;
    const fingerprint = await cli.succeed(["keygen", "--tls", "127.0.0.1", "node"], { cwd });
    await cli.succeed(["keygen", "deployer"], { cwd });
    const key = ["--key", "deployer.key"];
    const serve = (root: string, ...args: string[]) =>
      cli.serve([...args, "--root", root, "--deploy-key", "deployer.pub"], { cwd });
    const tls = ["--tls-cert", "node.crt", "--tls-key", "node.key", "--require-tls"];
    const [first, second, third] = await Promise.all([
      serve("r1", "127.0.0.1", "0"),
      serve("r2", "127.0.0.1", "0", ...tls),
      serve("r3", "127.0.0.2", "0", "--over", "udp"),
    ]);
    await using s1 = first;
    await using _secure = second;
    await using _packets = third;
    const ports = [first.port, second.port, third.port];
    const call = (rpc: string) => cli.run(["call", "front.pass", rpc, "x"], { cwd });

    for (
      const [what, trust] of [
        ["a pinned certificate", `{ fingerprint: "${fingerprint}" }`],
        ["a file of certificates, which the deployer alone has", "{ ca: node.crt }"],
      ] as const
    ) {
      await t.step(what, async () => {
        await project.write("init.yaml", configuration(ports, trust));
        await cli.succeed(["init", ...key], { cwd });
        const { stdout, stderr } = await call("secure.echo");
        assert.equal(stdout.trim(), "echo x", stderr);
      });
    }
    await t.step("the nodes' knowledge of each other is signed, too", async () => {
      const { code, stdout, stderr } = await cli.run(["status", "--verify", ...key], { cwd });
      assert.equal(code, 0, stdout + stderr);
    });
    await t.step("another certificate ends the call before anything is sent", async () => {
      const other = await cli.succeed(["keygen", "--tls", "127.0.0.1", "other"], { cwd });
      // The deployer still trusts the node's certificate; the calling node is told another one behind its back.
      await project.write("init.yaml", configuration(ports, `{ fingerprint: "${other}" }`));
      assert.equal((await cli.run(["init", "--only", "s1", ...key], { cwd })).code, 0);
      assert.match(
        (await call("secure.echo")).stderr,
        /Node Unreachable: secure\.echo: .*certificate/,
      );
    });
    await t.step("over UDP; and back, from the calling node's address", async () => {
      const { stdout, stderr } = await cli.run(["call", "front.pass", "packets.pass", "x"], {
        cwd,
      });
      if (choosesAddress) assert.equal(stdout.trim(), "echo x", stderr);
      else assert.match(stderr, /Client Not Registered: back\.echo: .*service:packets/);
      assert.doesNotMatch(s1.process.stderr.text, /executor\.(ended|crashed)/);
    });
  });
}
