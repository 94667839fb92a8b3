import assert from "node:assert/strict";
import { goodWith, mistakesIn, parse } from "./helpers.ts";
import { diagnostic, mentions } from "../_support/mentions.ts";

const secured = (tls: string): string => goodWith(["port: 8282", `port: 8282, ${tls}`]);

Deno.test("a server's trusted certificates reach the model in one spelling", () => {
  const hex = "ab".repeat(32);
  const colons = Array(32).fill("AB").join(":");
  const tlsOf = (tls: string) => parse(secured(tls)).servers.get("s2")!.tls;
  assert.deepEqual(tlsOf("tls: true"), {});
  assert.equal(tlsOf("tls: false"), undefined);
  assert.deepEqual(tlsOf(`tls: { fingerprint: "sha256:${hex}" }`), {
    fingerprint: `sha256:${hex}`,
  });
  assert.deepEqual(tlsOf(`tls: { fingerprint: "SHA256:${colons}" }`), {
    fingerprint: `sha256:${hex}`,
  });
  assert.deepEqual(tlsOf("tls: { ca: /etc/ca.crt, server-name: n1.internal }"), {
    ca: "/etc/ca.crt",
    serverName: "n1.internal",
  });
  assert.match(tlsOf("tls: { ca: ca.crt }")!.ca!, /^\/.*\/ca\.crt$/, "beside the file");
  assert.equal("tls" in parse(goodWith()).servers.get("s2")!, false);
});

Deno.test("a malformed tls is reported with its position, and never means calls without TLS", () => {
  const mistakes: [text: string, expected: RegExp][] = [
    ["tls:", mentions("38", '"tls"')],
    ["tls: yes please", mentions("43", '"tls"', '"yes please"')],
    ["tls: s2.crt", mentions("43", '"s2.crt"', "tls: { ca: ", "tls: { fingerprint: ")],
    ["tls: {}", diagnostic("4:43", '"tls"', "empty")],
    [
      "tls: { cert: a.crt }",
      mentions("45", '"cert"', "unknown"),
    ],
    [
      "tls: { ca: 5 }",
      mentions("49", '"ca"', "number"),
    ],
    ["tls: { fingerprint: sha256:12 }", mentions("58", "SHA-256", "certificate")],
    [
      `tls: { fingerprint: "sha256:${"ab".repeat(32)}", ca: a.crt }`,
      diagnostic("4:45", '"fingerprint"', '"ca"'),
    ],
  ];
  for (const [text, expected] of mistakes) {
    const found = mistakesIn(secured(text));
    assert.equal(found.length, 1, `${text}: ${found.join("\n")}`);
    assert.match(found[0], expected);
  }
});
