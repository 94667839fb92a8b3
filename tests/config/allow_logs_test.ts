import assert from "node:assert/strict";
import { checkManifest } from "../../lib/manifest/mod.ts";
import { goodWith, mistakesIn, parse } from "./helpers.ts";

const said = (text: string): string =>
  goodWith(["c2: { ip: 127.0.0.1 }", `c2: { ip: 127.0.0.1, ${text} }`]);

Deno.test("a client may read logs where the file says so, and only there", () => {
  const clients = (text: string) => parse(said(text)).clients;
  assert.equal(clients("allow-logs: true").get("c2")!.allowLogs, true);
  assert.equal("allowLogs" in clients("allow-logs: false").get("c2")!, false);
  assert.equal("allowLogs" in clients("allow-logs: true").get("c1")!, false);
  const hint = "(write allow-logs: true where the client may read the logs of all nodes)";
  const wrong: [text: string, expected: string][] = [
    ["allow-logs: yes", `7:38 "allow-logs" is the text "yes", expected true or false ${hint}`],
    ["allow-logs:", `7:26 "allow-logs" is nothing, expected true or false ${hint}`],
    ["allow-logs: [math]", `7:38 "allow-logs" is a list, expected true or false ${hint}`],
  ];
  for (const [text, expected] of wrong) assert.deepEqual(mistakesIn(said(text)), [expected]);
});

Deno.test("a manifest whose allowLogs is anything but true is refused", () => {
  const manifest = (allowLogs: unknown) => ({
    format: 1,
    node: "s1",
    clients: [{ name: "c1", ip: "127.0.0.1", allowLogs }],
    services: [],
  });
  assert.equal(checkManifest(manifest(true)).clients[0].allowLogs, true);
  for (const wrong of [false, "true", 1, null, {}]) {
    assert.throws(() => checkManifest(manifest(wrong)), { code: "Deploy Rejected" });
  }
});
