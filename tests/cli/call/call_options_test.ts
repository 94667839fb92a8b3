import assert from "node:assert/strict";
import { callOptions, readPlainCall } from "../../../cli/call/call_options.ts";
import { UsageError } from "../../../cli/output.ts";

Deno.test("the fast parser of call agrees with commander", () => {
  const cases: Record<string, ReturnType<typeof readPlainCall>> = {
    "": { target: undefined, args: [], options: {} },
    "math": { target: "math", args: [], options: {} },
    "math.add 2 3": { target: "math.add", args: ["2", "3"], options: {} },
    "--json math.add 2 --server h:1 3 --verbose": {
      target: "math.add",
      args: ["2", "3"],
      options: { json: true, server: "h:1", verbose: true },
    },
    "math.add --timeout 1s --timeout 2s": {
      target: "math.add",
      args: [],
      options: { timeout: "2s" },
    },
    "math.add -s h:1 -k c1.key -o json -c a.yaml": {
      target: "math.add",
      args: [],
      options: { server: "h:1", key: "c1.key", json: true, config: "a.yaml" },
    },
    "text.search - be --args -": {
      target: "text.search",
      args: ["-", "be"],
      options: { args: "-" },
    },
    "math.add --pin 0123456789ab": {
      target: "math.add",
      args: [],
      options: { pin: "0123456789ab" },
    },
  };
  for (const [line, expected] of Object.entries(cases)) {
    assert.deepEqual(readPlainCall(line.split(" ").filter((word) => word !== "")), expected, line);
  }
});

Deno.test("ambiguous command lines, and every mistake, are left to commander", () => {
  const lines = ["--help", "-h", "math.add -- -2", "math.add -2", "math.add --servre h:1"]
    .concat(["math.add --server", "math.add --server=h:1", "math.add --server --json"])
    .concat(["math.add --", "math.add --json=true", "math.add --flags", "math.add -s"]);
  for (const line of lines) assert.equal(readPlainCall(line.split(" ")), undefined, line);
});

Deno.test("a malformed pin is refused in the same words", () => {
  assert.throws(() => readPlainCall(["math.add", "--pin", "x"]), UsageError);
});

Deno.test("every option of call is one word with at most one value, so that both parsers agree", () => {
  for (const { flags } of callOptions) assert.match(flags, /^(-[a-z], )?--[a-z]+( <[^>]+>)?$/);
});
