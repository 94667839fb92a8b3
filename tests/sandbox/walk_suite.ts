/** Objects shared by the calls of a service cannot be changed, and lead to no object of the runtime. */
import assert from "node:assert/strict";
import { NodeConnection } from "../../lib/client/mod.ts";
import { FileStore } from "../../lib/store/mod.ts";
import { Cli, type MakeProgram } from "../_support/commands/cli.ts";
import { Project } from "../_support/nodes/fleet.ts";
import { manifestOf, TestConnection } from "../_support/nodes/node.ts";
import { grantedLooks } from "./_granted_looks.ts";
import { platformLooks, walkingScript } from "./_walk.ts";

const text = { args: ["str"], returns: ["str"] };

/** Registers the tests of one way to run farcall. */
export function walkSuite(name: string, make: MakeProgram): void {
  Deno.test(`what calls share cannot be changed, and is nothing of the runtime, ${name}`, async (t) => {
    await using program = await make();
    await using project = await Project.create({ "files/a.txt": "a", "files/sub/b.txt": "b" });
    await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
      return new Response("a=b", {
        headers: { "content-type": "application/x-www-form-urlencoded" },
      });
    });
    const folder = project.path("files");
    const { port } = server.addr;
    const permissions = {
      net: [`127.0.0.1:${port}`],
      read: [folder],
      write: [folder],
      env: ["FARCALL_WALK"],
      sys: ["hostname" as const],
    };
    const walk = (looks: string) => ({ ...text, source: walkingScript(looks) });
    const { manifest, scripts } = await manifestOf({
      services: {
        plain: { rpcs: { walk: walk(`{${platformLooks}}`) } },
        granted: { rpcs: { walk: walk(`{${platformLooks}${grantedLooks}}`) } },
      },
    });
    const services = manifest.services.map((service) =>
      service.name === "granted"
        ? { ...service, permissions, calls: [{ service: "plain", rpcs: ["walk"] }] }
        : service
    );
    const root = project.path("root");
    {
      await using store = await FileStore.open(root);
      for (const bytes of scripts.values()) await store.putScript(bytes);
      await (await store.prepare({ ...manifest, services })).commit();
    }
    const grants = Object.entries(permissions).flatMap(([kind, values]) =>
      values.map((value) => `--grant=granted:${kind}=${value}`)
    );
    await using node = await new Cli(program).serve(["--port", "0", "--root", root, ...grants], {
      env: { FARCALL_WALK: "walked" },
    });
    await using connection = new TestConnection(
      await NodeConnection.open({ host: node.host, port: node.port }),
    );
    for (const service of ["plain", "granted"]) {
      await t.step(
        service === "plain" ? "without grants" : "with every kind of grant",
        async () => {
          const found = await connection.call(
            `${service}.walk`,
            [JSON.stringify({ port, folder })],
            {
              ...text,
              timeoutMs: 120_000,
            },
          );
          assert.deepEqual(JSON.parse(String(found)), {
            isMuch: true,
            failed: [],
            unfrozen: [],
            symbols: [],
            resources: [],
            scopes: [],
            // It changes how much of a stack is kept, and nothing else; libraries set it.
            writable: ["stackTraceLimit"],
            isOpen: false,
          });
          assert.doesNotMatch(node.process.stderr.text, /executor\.ended/);
        },
      );
    }
  });
}
