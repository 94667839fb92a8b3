import assert from "node:assert/strict";
import { connectUnix, type Transport, UnixRendezvous } from "../../lib/transport/mod.ts";
import { transportSuite } from "./transport_suite.ts";

transportSuite(
  "unix",
  () =>
    withSocketPath(async (path): Promise<readonly [Transport, Transport]> => {
      const rendezvous = new UnixRendezvous(path);
      const accepting = rendezvous.accept();
      const near = await connectUnix(path);
      return [near, await accepting];
    }),
);

Deno.test("unix: a socket accepts one connection and is removed from the file system", async () => {
  await withSocketPath(async (path) => {
    const rendezvous = new UnixRendezvous(path);
    const accepting = rendezvous.accept();
    const near = await connectUnix(path);
    const far = await accepting;
    await assert.rejects(Deno.lstat(path), Deno.errors.NotFound);
    await assert.rejects(connectUnix(path));
    near.close();
    far.close();
  });
});

Deno.test("unix: a wait that is given up leaves nothing behind", async () => {
  await withSocketPath(async (path) => {
    const rendezvous = new UnixRendezvous(path);
    const accepting = rendezvous.accept();
    rendezvous.close();
    rendezvous.close();
    await assert.rejects(accepting);
    await assert.rejects(Deno.lstat(path), Deno.errors.NotFound);
  });
});

async function withSocketPath<T>(body: (path: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "farcall-unix-" });
  try {
    return await body(`${folder}/socket`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
