import assert from "node:assert/strict";
import { goodWith, mistakesIn, parse } from "./helpers.ts";

const secured = (tls: string): string => goodWith(["port: 8282", `port: 8282, ${tls}`]);

Deno.test("which certificates of a server are good reaches the model in one spelling", () => {
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

Deno.test("a tls that is none is found with its place, and nobody is called without it meanwhile", () => {
  const mistakes: [text: string, expected: RegExp][] = [
    ["tls:", /4:38 expected true or false as "tls", got nothing/],
    ["tls: yes please", /4:43 expected true or false as "tls", got the text "yes please"/],
    ["tls: {}", /4:43 .* says nothing/],
    [
      "tls: { cert: a.crt }",
      /4:45 unknown key "cert", expected one of ca, server-name, fingerprint/,
    ],
    [
      "tls: { ca: 5 }",
      /4:49 expected the path of a file with certificates as "ca", got the number 5/,
    ],
    ["tls: { fingerprint: sha256:12 }", /4:58 expected the SHA-256 of a certificate/],
    [
      `tls: { fingerprint: "sha256:${"ab".repeat(32)}", ca: a.crt }`,
      /4:45 a "fingerprint" says which certificate is good/,
    ],
  ];
  for (const [text, expected] of mistakes) {
    const found = mistakesIn(secured(text));
    assert.equal(found.length, 1, `${text}: ${found.join("\n")}`);
    assert.match(found[0], expected);
  }
});
