import assert from "node:assert/strict";
import { repository, Running } from "../../_support/commands/cli.ts";
import { Project } from "../../_support/nodes/fleet.ts";
import { lineWith } from "../../_support/mentions.ts";
import { processesWith, until } from "../../_support/nodes/processes.ts";

Deno.test("the demo shows the product, ends by itself and leaves nothing behind", async () => {
  await using folder = await Project.create();
  await using demo = new Running(Deno.execPath(), ["task", "--quiet", "demo"], {
    cwd: repository,
    env: { TMPDIR: folder.folder, NO_COLOR: "1" },
  });
  const { code, stdout, stderr } = await demo.ended;
  assert.equal(code, 0, stdout + stderr);
  assert.equal(stderr, "");
  for (
    const promised of [
      lineWith(/^ +s1: /, /127\.0\.0\.1:\d+/),
      /sent 18 scripts/,
      /math\.add\("far", "call"\) +"farcall"/,
      /math\.add\(2n \*\* 80n, 1\) +1208925819614629174706177n/,
      /Execution Exception\n/,
      /Invalid Arguments\n/,
      /RPC Not Found\n/,
      /Service Not Found\n/,
      /Client Not Registered\n/,
      /\| nc 127\.0\.0\.1 \d+\n +\{"header":"RPC-RES","value":\{"return-values":\["5"\],"script":"[0-9a-f]{64}"\}\}/,
      /~ math\.mean.*\n[^]*sent 2 scripts/,
      /s1 {2}2\n[^]*2 nodes: 2 answered/,
      lineWith("info", "s2", "call.executed", "service=math", "rpc=mean"),
    ]
  ) {
    assert.match(stdout, promised);
  }
  const left = [];
  for await (const { name } of Deno.readDir(folder.folder)) left.push(name);
  assert.deepEqual(left, []);
  await until(
    async () => (await processesWith(folder.folder)).length === 0,
    "the demo's processes to be gone",
  );
});
