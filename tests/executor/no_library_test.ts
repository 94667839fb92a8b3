/** The C library permits anything, so executors drop it, although an executable may use it. */
import assert from "node:assert/strict";

Deno.test("an executor that has dropped its permissions can load no library, whatever its service was granted", async () => {
  const module = new URL("../../lib/executor/permissions.ts", import.meta.url).href;
  const program = `
    import process from "node:process";
    import { giveUpAfterLoading, giveUpBeforeLoading } from "${module}";
    const granted = JSON.parse(Deno.args[0]);
    const start = { socketPath: "/tmp/farcall-test.sock", servicesFolder: "/tmp/farcall-test" };
    giveUpBeforeLoading(Deno.permissions, granted, start);
    giveUpAfterLoading(Deno.permissions, granted, start);
    const attempts = {
      dlopen: () => Deno.dlopen("libc.so.6", { getpid: { parameters: [], result: "i32" } }),
      pointer: () => new Deno.UnsafePointerView(Deno.UnsafePointer.create(1n)),
      addon: () => process.dlopen({ exports: {} }, "/tmp/farcall-test.node"),
    };
    for (const [name, attempt] of Object.entries(attempts)) {
      try {
        attempt();
        console.log(name, "succeeded");
      } catch (error) {
        console.log(name, error.name);
      }
    }
    console.log(Deno.permissions.querySync({ name: "ffi" }).state);
  `;
  for (
    const granted of [{}, { env: ["HOME"], net: ["127.0.0.1:1"] }]
  ) {
    const flags = ["--quiet", "--no-prompt", "--no-check", "--allow-all"];
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", ...flags, "-", JSON.stringify(granted)],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      env: { NO_COLOR: "1" },
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(program));
    await writer.close();
    const { stdout, stderr } = await child.output();
    const said = new TextDecoder().decode(stdout);
    assert.match(said, /^dlopen NotCapable\n/, said + new TextDecoder().decode(stderr));
    assert.doesNotMatch(said, /succeeded|granted/);
  }
});
