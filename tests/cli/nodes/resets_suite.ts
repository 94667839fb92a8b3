/** Connections that are reset before a node accepts them, for every way to run farcall. */
import { Cli, type MakeProgram } from "../../_support/commands/cli.ts";
import { Project } from "../../_support/nodes/fleet.ts";
import { checkBystanders } from "../../_support/resets.ts";

const add = "export function add(a: number, b: number): number { return a + b; }\n";

/** Registers the tests of one way to run farcall. */
export function resetsSuite(name: string, make: MakeProgram): void {
  Deno.test(`connections that reset cost nobody else a call, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create({ "add.ts": add });
    const cwd = project.folder;
    const fingerprint = await cli.succeed(["keygen", "--tls", "127.0.0.1", "node"], { cwd });
    const tls = {
      options: { fingerprint },
      trust: { fingerprint },
    };
    for (const host of ["127.0.0.1", "::1", "tls"]) {
      await t.step(host === "tls" ? "over TLS" : `at ${host}`, async () => {
        const isSecure = host === "tls";
        const at = isSecure ? "127.0.0.1" : host;
        const secure = isSecure ? ["--tls-cert", "node.crt", "--tls-key", "node.key"] : [];
        const serve = [at, "0", "--root", `root-${host.replaceAll(":", "_")}`, ...secure];
        await using node = await cli.serve(serve, { cwd });
        const pinned = isSecure ? `, tls: { fingerprint: "${fingerprint}" }` : "";
        await project.write(
          "init.yaml",
          `network:\n  servers: { s1: { ip: "${at}", port: ${node.port}${pinned} } }\n` +
            `  clients: { c1: { ip: "${at}" } }\nservices:\n` +
            "  math: { providers: s1, tenants: c1, rpcs: " +
            "{ add: { args: [int, int], returns: [int], src: add.ts } } }\n",
        );
        await cli.succeed(["init"], { cwd });
        const { port, process: { pid } } = node;
        const target = { host: at, port, pid, tls: isSecure ? tls : undefined };
        await checkBystanders(target, { resets: 2, perSecond: 1 });
        await checkBystanders(target, { resets: 100, perSecond: 100 });
      });
    }
  });
}
