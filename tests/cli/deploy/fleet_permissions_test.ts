/** The permissions in docs/fleet.md: a fleet works with them, and a node cannot act as another one. */
import assert from "node:assert/strict";
import { checkout } from "../../_support/checkout.ts";
import { Cli, repository } from "../../_support/commands/cli.ts";
import { Project } from "../../_support/nodes/fleet.ts";
import { failure } from "../../_support/mentions.ts";
import { NatsServer } from "../../_support/nodes/nats_server.ts";
import { until } from "../../_support/nodes/node.ts";
import { needing } from "../../_support/programs.ts";

const script = (value: number) => `export const value = (): number => ${value};\n`;

Deno.test({
  ...needing(
    "nats-server",
    "a fleet works with the permissions of its document, and no name is taken",
  ),
  fn: async () => {
    const document = await Deno.readTextFile(`${repository}docs/fleet.md`);
    const sample = /^authorization \{ users = \[\n.*?^\] \}$/ms.exec(document)?.[0];
    assert.ok(sample !== undefined, "the document has a sample");
    const configuration = sample.replaceAll('"…"', "secret");
    await using server = await NatsServer.start({ configuration });
    const { url } = server;
    const cli = new Cli(await checkout());
    await using project = await Project.create({ "value.ts": script(1) });
    const cwd = project.folder;
    for (const owner of ["c1", "ann"]) await cli.succeed(["keygen", owner], { cwd });
    await project.write(
      "init.yaml",
      `network:
  nats: { url: "${url}", fleet: lab }
  clients: { c1: { key: "${(await project.read("c1.pub")).trim()}" } }
services:
  a: { providers: all, tenants: [c1], rpcs: { value: { args: [], returns: [int], src: value.ts } } }
`,
    );
    const as = async (user: string) => {
      await project.write(`${user}.creds`, `${user}:secret\n`);
      return { cwd, env: { FARCALL_NATS_CREDS: project.path(`${user}.creds`) } };
    };
    const [s7, c1, ann] = [await as("s7"), await as("c1"), await as("ann")];
    const serve = (name: string, root: string) => [
      ...["serve", "--nats", url, "--fleet", "lab", "--name", name, "--root", root],
      ...["--deploy-key", "ann.pub"],
    ];
    const init = ["init", "--yes", "--key", "ann.key"];
    const call = ["call", "a.value", "--as", "c1", "--key", "c1.key"];
    await using node = cli.start(serve("s7", "s7"), s7);
    await node.stdout.until(/\blistening\b/);
    assert.match(await cli.succeed(init, ann), /state 1: 1 present/);
    assert.equal(await cli.succeed(call, c1), "1");
    await node.stderr.until(/fleet\.reached.*state=1/);
    assert.match(
      await cli.succeed(["status", "--key", "ann.key"], ann),
      /FLEET lab[^]*s7.*present/,
    );
    // It may use its own name, and no other.
    assert.match(
      await cli.fail(2, serve("s8", "other"), s7),
      failure("Address Not Available", '"s8"', '"lab"', "NATS"),
    );
    assert.match(
      await cli.fail(2, serve("s7", "other"), c1),
      failure("Address Not Available", '"s7"', '"lab"', "NATS"),
    );
    assert.match(
      await cli.fail(2, serve("s7", "other"), s7),
      failure("Address In Use", '"s7"', '"lab"', "ed25519:"),
    );
    // It catches up with deployments made while it was away, within its permissions.
    node.kill("SIGTERM");
    await node.ended;
    await project.write("value.ts", script(2));
    await until("it is absent", async () => {
      const { stdout } = await cli.run(["status", "--json", "--key", "ann.key"], ann);
      return JSON.parse(stdout).fleet.absent.length === 1;
    });
    assert.match(await cli.succeed(init, ann), /state 2: 0 present; 1 absent/);
    await using again = cli.start(serve("s7", "s7"), s7);
    await again.stderr.until(/fleet\.reached.*state=2/);
    assert.equal(await cli.succeed(call, c1), "2");
  },
});

Deno.test({
  ...needing("nats-server", "accounts of a server keep fleets of the same name apart"),
  fn: async () => {
    const document = await Deno.readTextFile(`${repository}docs/fleet.md`);
    const sample = /^accounts \{\n.*?^\}$/ms.exec(document)?.[0];
    assert.ok(sample !== undefined, "the document has a sample");
    const configuration = sample.replaceAll("[ … ]", "[{ user: U, password: secret }]")
      .replace("U,", "lab,").replace("U,", "home,");
    await using server = await NatsServer.start({ configuration });
    const cli = new Cli(await checkout());
    await Promise.all(["lab", "home"].map(async (account, index) => {
      await using project = await Project.create({ "value.ts": script(index) });
      const cwd = project.folder;
      for (const owner of ["c1", "ann"]) await cli.succeed(["keygen", owner], { cwd });
      await project.write(
        "init.yaml",
        `network:
  nats: { url: "${server.url}", fleet: shared }
  clients: { c1: { key: "${(await project.read("c1.pub")).trim()}" } }
services:
  a: { providers: all, tenants: [c1], rpcs: { value: { args: [], returns: [int], src: value.ts } } }
`,
      );
      await project.write("account.creds", `${account}:secret\n`);
      const options = { cwd, env: { FARCALL_NATS_CREDS: project.path("account.creds") } };
      const place = ["--nats", server.url, "--fleet", "shared", "--name", "s7", "--root", "s7"];
      await using node = cli.start(["serve", ...place, "--deploy-key", "ann.pub"], options);
      await node.stdout.until(/\blistening\b/);
      const said = await cli.succeed(["init", "--yes", "--key", "ann.key"], options);
      assert.match(said, /state 1: 1 present/);
      const call = ["call", "a.value", "--as", "c1", "--key", "c1.key"];
      assert.equal(await cli.succeed(call, options), String(index));
    }));
  },
});
