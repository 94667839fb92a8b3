/** Source locations of prints and of errors while loading; for every way to run farcall. */
import assert from "node:assert/strict";
import { Cli, type MakeProgram } from "../../_support/commands/cli.ts";
import { Project } from "../../_support/nodes/fleet.ts";
import { failure } from "../../_support/mentions.ts";

const files = {
  "scripts/says.ts": `import { tell } from "./tell.ts";

interface Unused {
  text: string;
}

console.debug("loaded");

export function says(text: string): void {
  console.log(text);
  ["each"].forEach((item) => console.warn(item));
  ["passed"].forEach(console.log);
  tell("told");
  Error.stackTraceLimit = 0;
  console.log("without stacks");
  Error.stackTraceLimit = 10;
  console.error(new RangeError("printed"));
}
`,
  "scripts/tell.ts":
    "type Text = string;\n\nexport const tell = (text: Text): void => console.info(text);\n",
  "scripts/later.ts": `export async function later(): Promise<void> {
  await new Promise((done) => setTimeout(done, 1));
  console.log("later");
  setTimeout(() => {
    console.log("after all");
    throw new TypeError("uncaught");
  });
}
`,
  "scripts/many.ts":
    "export function many(count: number): void {\n  for (let n = 0; n < count; n++) console.log(n);\n}\n",
  "scripts/broken.ts":
    "interface Unused {\n  a: number;\n}\n\nfunction made(): never {\n  throw new RangeError('not today');\n}\n" +
    "export const broken = (): number => 1;\nmade();\n",
};

/** Registers the tests of one way to run farcall. */
export function scriptPlacesSuite(name: string, make: MakeProgram): void {
  Deno.test(`what a script prints is logged with its place in the source, ${name}`, async (t) => {
    await using program = await make();
    const cli = new Cli(program);
    await using project = await Project.create(files);
    const cwd = project.folder;
    const serve = ["--port", "0", "--root", "root", "--log", "node.log", "--log-format", "json"];
    await using node = await cli.serve(
      [...serve, "--log-level", "debug", "--grant", "granted:env=LANG"],
      { cwd },
    );
    const write = (...services: string[]) =>
      project.write(
        "init.yaml",
        `network:\n  servers: { s1: { ip: 127.0.0.1, port: ${node.port} } }\n` +
          "  clients: { c1: { ip: 127.0.0.1 } }\nservices:\n" + services.join(""),
      );
    const says = "says: { args: [str], returns: [], src: scripts/says.ts }";
    const named = (name: string, rpcs: string, more = "") =>
      `  ${name}: { providers: s1, tenants: c1, ${more} rpcs: { ${rpcs} } }\n`;
    const later = "later: { args: [], returns: [], src: scripts/later.ts }";
    const many = "many: { args: [int], returns: [], src: scripts/many.ts }";
    await write(
      named("plain", `${says}, ${later}, ${many}`),
      named("once", says, "isolation: call,"),
      named("granted", says, "permissions: { env: [LANG] },"),
    );
    await cli.succeed(["init"], { cwd });
    const printed = async (service: string, rpc?: string) => {
      const asked = ["logs", node.address, "--json", "--service", service];
      const lines = (await cli.succeed(rpc ? [...asked, "--rpc", rpc] : asked, { cwd })).trimEnd();
      return lines.split("\n").map((line) => JSON.parse(line));
    };
    const until = async (service: string, text: RegExp) => {
      await using following = cli.start(
        ["logs", node.address, "--json", "-f", "--service", service],
        { cwd },
      );
      await following.stdout.until(text);
      following.kill("SIGINT");
      await following.ended;
    };

    for (const service of ["plain", "once", "granted"]) {
      await t.step(`in the order of its lines: ${service}`, async () => {
        await cli.succeed(["call", `${service}.says`, "said"], { cwd });
        const records = await printed(service, "says");
        assert.deepEqual(
          records.filter(({ event }) => event === "script.console")
            .map(({ level, place, text }) => [level, place, text.split("\n")[0]]),
          [
            ["info", "scripts/says.ts:10:11", "said"],
            ["warn", "scripts/says.ts:11:38", "each"],
            ["info", "scripts/says.ts:12:14", 'passed 0 [ "passed" ]'],
            ["info", "scripts/tell.ts:3:51", "told"],
            ["info", "scripts/says.ts:15:11", "without stacks"],
            ["error", "scripts/says.ts:17:11", "RangeError: printed"],
          ],
        );
        const error = records.find(({ level }) => level === "error");
        assert.match(error.text, /\n {4}at .*says \(scripts\/says\.ts:17:17\)$/);
        assert.equal(records.at(-1).event, "call.executed", "what it printed comes first");
        const loaded = (await printed(service)).find(({ text }) => text === "loaded");
        assert.equal(loaded.place, "scripts/says.ts:7:9");
      });
    }
    await t.step("in asynchronous code, and uncaught", async () => {
      await cli.succeed(["call", "plain.later"], { cwd });
      await until("plain", /uncaught/);
      const places = (await printed("plain")).filter(({ text }) =>
        /later|after|uncaught/.test(text)
      )
        .map(({ place }) => place);
      assert.deepEqual(
        places,
        ["scripts/later.ts:3:11", "scripts/later.ts:5:13", "scripts/later.ts:6:11"],
      );
    });
    await t.step("many lines are in order, up to the limit", async () => {
      await cli.succeed(["call", "plain.many", "100"], { cwd });
      const records = await printed("plain", "many");
      const texts = records.filter(({ place }) => place === "scripts/many.ts:2:43")
        .map(({ text }) => Number(text));
      assert.ok(texts.length > 20, `${texts.length}`);
      assert.deepEqual(texts, Array.from({ length: texts.length }, (_, n) => n));
    });
    await t.step("for people, on the printed line", async () => {
      const text = await cli.succeed(["logs", node.address, "--service", "once"], { cwd });
      assert.match(text, /script\.console .*place=scripts\/says\.ts:10:11 text=said$/m);
    });
    await t.step("a script that throws while loading is reported with its location", async () => {
      await write(named("plain", "broken: { args: [], returns: int, src: scripts/broken.ts }"));
      const { code, stderr } = await cli.run(["init"], { cwd });
      assert.equal(code, 22, stderr);
      assert.match(
        stderr,
        failure("Deploy Rejected", /broken\(\).*RangeError: not today /, "scripts/broken.ts:6:9"),
      );
      await until("plain", /executor\.start-failed/);
      const failed = (await printed("plain")).find(({ event }) =>
        event === "executor.start-failed"
      );
      assert.match(
        failed.stack,
        /^RangeError: not today\n {4}at made \(scripts\/broken\.ts:6:9\)\n {4}at scripts\/broken\.ts:9:1$/,
      );
    });
  });
}
