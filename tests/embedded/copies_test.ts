/** Two copies of the library in one program, as when two packages each bring one; and errors passed across hops. */
import assert from "node:assert/strict";
import { join } from "node:path";
import * as farcall from "../../mod.ts";
import { repository } from "../_support/commands/cli.ts";
import { filesBelow, Project } from "../_support/nodes/fleet.ts";
import { mentions } from "../_support/mentions.ts";

/** Another copy of the library, in a folder of its own. */
async function anotherCopy(project: Project): Promise<typeof farcall> {
  for (const path of ["mod.ts", ...await sourcesOf("lib"), ...await sourcesOf("cli")]) {
    await project.write(path, await Deno.readTextFile(join(repository, path)));
  }
  return await import(`file://${project.path("mod.ts")}`);
}

async function sourcesOf(room: string): Promise<string[]> {
  return (await filesBelow(join(repository, room))).map((path) => `${room}/${path}`);
}

Deno.test("two copies of the library in one program call each other, and recognize each other's exceptions by code", async () => {
  await using project = await Project.create();
  const other = await anotherCopy(project);
  const farLog: string[] = [];
  await using far = await other.serve({
    port: 0,
    services: {
      far: {
        boom: other.rpc([], ["int"], () => {
          throw new Error("said to callers", { cause: new Error("said to nobody") });
        }),
      },
    },
    log: (record) => void farLog.push(JSON.stringify(record)),
  });
  await using toFar = await other.connect(`127.0.0.1:${far.port}`);
  await using near = await farcall.serve({
    port: 0,
    services: {
      near: {
        boom: farcall.rpc([], ["int"], async () => await toFar.call("far", "boom", []) as number),
      },
    },
    log: "silent",
  });
  await using caller = await farcall.connect(`127.0.0.1:${near.port}`);
  await assert.rejects(caller.call("near", "boom", []), (error) => {
    assert.ok(error instanceof farcall.ExecutionException);
    assert.equal(error.code, "Execution Exception");
    assert.equal(error.message, "said to callers");
    assert.equal(error.cause, undefined, "causes stay in the log of the node that threw");
    return true;
  });
  const [thrown] = farLog.filter((record) => record.includes("said to callers"));
  assert.ok(thrown?.includes("said to nobody"), farLog.join("\n"));
});

Deno.test("an rpc of another copy of the library is refused, with the module to import it from", async () => {
  await using project = await Project.create();
  const other = await anotherCopy(project);
  const rpc = other.rpc([], ["int"], () => 1) as unknown as farcall.Rpc;
  await assert.rejects(
    async () => await farcall.serve({ port: 0, services: { s: { one: rpc } }, log: "silent" }),
    mentions("s.one", "rpc", "copy"),
  );
});
