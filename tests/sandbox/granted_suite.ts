/** Scripts with grants: the granted functions work, and lead nowhere else. */
import assert from "node:assert/strict";
import { NodeConnection } from "../../lib/client/mod.ts";
import { FileStore } from "../../lib/store/mod.ts";
import { Cli, type MakeProgram } from "../_support/commands/cli.ts";
import { Project } from "../_support/nodes/fleet.ts";
import { manifestOf, TestConnection } from "../_support/nodes/node.ts";
import { attempts } from "./_granted_attempts.ts";
import { namesOfThisMachine } from "./_names.ts";
import { trying } from "./_trying.ts";

const text = { args: ["str"], returns: ["str"] };

/** Registers the tests of one way to run farcall. */
export function grantedSuite(name: string, make: MakeProgram): void {
  Deno.test(`a grant works and leads nowhere else, ${name}`, async (t) => {
    const secret = crypto.randomUUID();
    await using program = await make();
    await using project = await Project.create({
      "outside/secret": secret,
      "files/inside.txt": "inside",
      "files/deeper/inside.txt": "inside",
      "read-only/r": "r",
      "write-only/w": "w",
      "secret.txt": secret,
    });
    const folder = project.path("files");
    await Deno.symlink(project.path("outside/secret"), `${folder}/out`);
    await Deno.symlink(project.path("outside"), `${folder}/out-folder`);
    await Deno.symlink(project.path("outside/new"), `${folder}/dangling`);
    await Deno.symlink("inside.txt", `${folder}/relative`);
    // A link to files/secret.txt, which does not exist; one folder higher it leads out of the grant.
    await Deno.symlink("../secret.txt", `${folder}/deeper/relative`);
    await using server = serveEcho();
    const { port } = server.addr;
    using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const otherPort = (other.addr as Deno.NetAddr).port;
    const permissions = {
      net: [`127.0.0.1:${port}`],
      read: [folder, project.path("read-only")],
      write: [folder, project.path("write-only")],
      env: ["FARCALL_TEST"],
      sys: ["hostname" as const],
    };
    const rpcs = Object.fromEntries(
      Object.values(attempts).map(([body], index) =>
        [`a${index}`, { ...text, source: trying(body) }] as const
      ),
    );
    const { manifest, scripts } = await manifestOf({ services: { s: { rpcs } } });
    const root = project.path("root");
    {
      await using store = await FileStore.open(root);
      for (const bytes of scripts.values()) await store.putScript(bytes);
      const services = manifest.services.map((service) => ({ ...service, permissions }));
      await (await store.prepare({ ...manifest, services })).commit();
    }
    const grants = Object.entries(permissions).map(([kind, values]) =>
      `--grant=s:${kind}=${values.join(",")}`
    );
    await using node = await new Cli(program).serve(["--port", "0", "--root", root, ...grants]);
    await using connection = new TestConnection(
      await NodeConnection.open({ host: node.host, port: node.port }),
    );
    const bait = JSON.stringify({
      ...{ folder, port, otherPort },
      readOnly: project.path("read-only"),
      writeOnly: project.path("write-only"),
    });
    for (const [index, [name, [, expected]]] of Object.entries(attempts).entries()) {
      await t.step(name, async () => {
        const got = String(await connection.call(`s.a${index}`, [bait], text));
        assert.ok(!got.includes(secret), "the secret was reached");
        if (typeof expected === "string") assert.equal(got, expected);
        else assert.match(got, expected);
      });
    }
    await t.step(
      "nothing outside was changed, and the executor is the one that it was",
      async () => {
        assert.deepEqual([...Deno.readDirSync(project.path("outside"))].map(({ name }) => name), [
          "secret",
        ]);
        assert.equal(await Deno.readTextFile(project.path("outside/secret")), secret);
        assert.doesNotMatch(node.process.stderr.text, /executor\.ended/);
      },
    );
  });
}

/** As {@linkcode grantedSuite}, for names that lead to this machine, if it has one besides localhost. */
export function grantedNamesSuite(name: string, make: MakeProgram): void {
  const known = namesOfThisMachine().find(({ address }) => /^(127\.|::1$)/.test(address));
  Deno.test({
    name: `a granted name that leads to this machine is refused there, ${name}`,
    ignore: known === undefined,
    fn: async (t) => {
      await using program = await make();
      await using project = await Project.create();
      const { name, address } = known!;
      let asked = 0;
      await using server = Deno.serve({ hostname: address, port: 0, onListen: () => {} }, () => {
        asked += 1;
        return new Response("reached");
      });
      const { port } = server.addr as Deno.NetAddr;
      const shown = address.includes(":") ? `[${address}]` : address;
      const source = trying(`
        const { name, port } = bait;
        const said = [];
        for (const each of [
          () => fetch("http://" + name + ":" + port + "/"),
          () => Deno.connect({ hostname: name, port }),
          () => Deno.connectTls({ hostname: name, port }),
          () => new Promise((_, refuse) => new WebSocket("ws://" + name + ":" + port + "/").onclose = ({ code }) => refuse({ name: code })),
        ]) await each().then(() => said.push("reached"), (error) => said.push(error.name));
        return said.join();
      `);
      const grants = {
        byName: [`${name}:${port}`],
        byBoth: [`${name}:${port}`, `${shown}:${port}`],
      };
      const rpcs = { f: { ...text, source } };
      const { manifest, scripts } = await manifestOf({
        services: { byName: { rpcs }, byBoth: { rpcs } },
      });
      const root = project.path("root");
      {
        await using store = await FileStore.open(root);
        for (const bytes of scripts.values()) await store.putScript(bytes);
        const services = manifest.services.map((service) => ({
          ...service,
          permissions: { net: grants[service.name as keyof typeof grants] },
        }));
        await (await store.prepare({ ...manifest, services })).commit();
      }
      const flags = Object.entries(grants).map(([service, values]) =>
        `--grant=${service}:net=${values.join(",")}`
      );
      await using node = await new Cli(program).serve(["--port", "0", "--root", root, ...flags]);
      await using connection = new TestConnection(
        await NodeConnection.open({ host: node.host, port: node.port }),
      );
      const bait = JSON.stringify({ name, port });
      await t.step("by its name only", async () => {
        const got = String(await connection.call("byName.f", [bait], text));
        assert.match(got, /^got NotCapable,NotCapable,\w+,1006$/);
        assert.equal(asked, 0);
      });
      await t.step("not where the address is granted too", async () => {
        const got = String(await connection.call("byBoth.f", [bait], text));
        assert.match(got, /^got reached,reached,/);
        assert.ok(asked > 0);
      });
    },
  });
}

/** An HTTP server that echoes requests. */
function serveEcho(): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname, origin } = new URL(request.url);
    if (pathname === "/socket") {
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onmessage = ({ data }) => socket.send(data);
      return response;
    }
    if (pathname === "/moved") return Response.redirect(`${origin}/echo`);
    if (pathname === "/elsewhere") return Response.redirect("http://127.0.0.2:9999/");
    if (pathname === "/slow") await new Promise((done) => setTimeout(done, 1000));
    const headers = new Headers();
    for (const name of ["content-type", "x-mine"]) {
      const value = request.headers.get(name);
      if (value !== null) headers.set(name, value);
    }
    return new Response(await request.bytes(), { headers });
  });
}
