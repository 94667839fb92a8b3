import assert from "node:assert/strict";
import { executableHeaderBytes, runtimeEnd } from "../../lib/packed/elf_overlay.ts";

Deno.test("data after a Linux runtime is found, whatever it is", () => {
  const header = new Uint8Array(executableHeaderBytes);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  const view = new DataView(header.buffer);
  view.setBigUint64(0x28, 5_000_000_000n, true);
  view.setUint16(0x3a, 64, true);
  view.setUint16(0x3c, 30, true);
  assert.equal(runtimeEnd(header), 5_000_000_000 + 64 * 30);
  assert.equal(runtimeEnd(new Uint8Array([...header, 1, 2, 3])), 5_000_000_000 + 64 * 30);
});

Deno.test("executables of other systems have no data after their runtime", () => {
  assert.equal(runtimeEnd(new Uint8Array(0)), undefined);
  assert.equal(runtimeEnd(new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2, 1])), undefined);
  const windows = new Uint8Array(executableHeaderBytes);
  windows.set([0x4d, 0x5a]);
  assert.equal(runtimeEnd(windows), undefined);
});
