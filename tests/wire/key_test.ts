/** Keys: one spelling for each, signatures that hold, and private keys that are never shown. */
import assert from "node:assert/strict";
import {
  generatePem,
  isPublicKey,
  isSignedBy,
  publicKey,
  SigningKey,
} from "../../lib/identity/mod.ts";
import { mentions } from "../_support/mentions.ts";

/** RFC 8032, section 7.1, test 2. */
const seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
const itsPublicKey = "ed25519:PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw";
const itsSignatureOf72 =
  "kqAJqfDUyrhyDoILX2QlQKKye1QWUD-Ps3YiI-vbadoIWsHkPhWZbkWPNhPQ8R2MOHsurrQwKu6wDSkWErsMAA";

function pemOf(hex: string): string {
  const der = Uint8Array.from(
    `302e020100300506032b657004220420${hex}`.match(/../g)!,
    (pair) => parseInt(pair, 16),
  );
  const base64 = btoa(String.fromCharCode(...der));
  return `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----\n`;
}

Deno.test("a key signs as RFC 8032 says", async () => {
  const key = await SigningKey.fromPem(pemOf(seed));
  assert.equal(key.publicKey, itsPublicKey);
  assert.equal(await key.sign(Uint8Array.of(0x72)), itsSignatureOf72);
});

Deno.test("a signature is valid for its bytes and its key only", async () => {
  const [key, other] = [await newKey(), await newKey()];
  const bytes = Uint8Array.of(1, 2, 3);
  const signature = await key.sign(bytes);
  assert.ok(await isSignedBy(key.publicKey, signature, bytes));
  assert.ok(!await isSignedBy(other.publicKey, signature, bytes));
  assert.ok(!await isSignedBy(key.publicKey, signature, Uint8Array.of(1, 2, 4)));
  const first = signature.startsWith("A") ? "B" : "A";
  for (const wrong of ["", "?", signature.slice(1), first + signature.slice(1), `${signature}A`]) {
    assert.ok(!await isSignedBy(key.publicKey, wrong, bytes), wrong);
  }
  const noPoint = publicKey(`ed25519:${"_".repeat(42)}8`);
  assert.ok(!await isSignedBy(noPoint, signature, bytes));
});

Deno.test("a public key has one spelling", () => {
  assert.ok(isPublicKey(itsPublicKey));
  for (
    const wrong of [
      itsPublicKey.slice(8),
      itsPublicKey.slice(0, -1),
      `${itsPublicKey}=`,
      `${itsPublicKey}\n`,
      itsPublicKey.replace("-", "+"),
      itsPublicKey.replace(/w$/, "x"),
      itsPublicKey.toUpperCase(),
      "ed25519:",
      7,
      undefined,
    ]
  ) assert.ok(!isPublicKey(wrong), String(wrong));
});

Deno.test("a file that is not a private key is reported as what it is", async () => {
  const cases: [text: string, says: RegExp][] = [
    ["", mentions('"-----BEGIN PRIVATE KEY-----"')],
    [itsPublicKey, /\bpublic\b/],
    ["-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n", /\bpublic\b/],
    ["-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGb\n", mentions("encrypted", "openssl")],
    ["-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n", mentions("OPENSSH PRIVATE KEY")],
    ["-----BEGIN PRIVATE KEY-----\n?\n-----END PRIVATE KEY-----\n", /\bdamaged\b/],
    ["-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n", /Ed25519/],
  ];
  for (const [text, says] of cases) await assert.rejects(SigningKey.fromPem(text), says);
});

Deno.test("a private key is not shown when it is printed", async () => {
  const pem = await generatePem();
  const key = await SigningKey.fromPem(pem);
  const shown = Deno.inspect(key, { depth: 9, showHidden: true }) + JSON.stringify(key);
  assert.ok(shown.includes(key.publicKey));
  assert.ok(!shown.includes(pem.split("\n")[1].slice(-40)));
});

async function newKey(): Promise<SigningKey> {
  return await SigningKey.fromPem(await generatePem());
}
