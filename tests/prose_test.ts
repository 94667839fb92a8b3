/** The lint rule that keeps sentences out of tests' patterns, which `deno lint` applies to all tests. */
import assert from "node:assert/strict";
import prose from "./_lint/prose.ts";

const path = new URL("./cli/any_test.ts", import.meta.url).pathname;

for (
  const [code, isProse] of [
    ["assert.match(said, /the script did not answer/)", true],
    ["const says = /no such server/;", true],
    ['mentions("is closed to")', true],
    ['failure("Node Unreachable", "nothing listens there")', true],
    ["new RegExp(`deployed to ${name}`)", true],
    ['failure("RPC Not Found", \'"math"\', "--config")', false],
    ['mentions("farcall init", "--server HOST:PORT", "add(int, str) -> int")', false],
    ['diagnostic("standard input:1:10", "network")', false],
    ["assert.match(text, /^ed25519:[\\w-]{43}$/)", false],
    ['assert.equal(title, "a sentence of our own")', false],
  ] as const
) {
  Deno.test(`a sentence is ${isProse ? "found" : "not seen"} in ${code}`, () => {
    assert.equal(Deno.lint.runPlugin(prose, path, code).length, isProse ? 1 : 0);
  });
}
