/** docs/cli.md and the man page match the program's own tables. */
import assert from "node:assert/strict";
import { commands } from "../../../cli/usage/commands.ts";
import { exitCodeTexts } from "../../../cli/usage/exit_code_texts.ts";
import { partsOfConfiguration, withGeneratedParts } from "../../../cli/usage/markdown.ts";
import { optionOf, shortFlag, synopsis, takesValue } from "../../../cli/usage/spec.ts";
import { checkout } from "../../_support/checkout.ts";
import { Cli } from "../../_support/commands/cli.ts";
import { needing } from "../../_support/programs.ts";

const shown = commands.filter(({ isHidden }) => !isHidden);

Deno.test("the tables of docs/cli.md are current, and every command has its section", async () => {
  const document = await Deno.readTextFile(new URL("../../../docs/cli.md", import.meta.url));
  assert.equal(document, withGeneratedParts(document), "run deno task docs");
  for (const command of shown) {
    assert.ok(document.includes(`\n## \`${synopsis(command)}\`\n`), synopsis(command));
  }
});

Deno.test("the keys in docs/init-yaml.md are current", async () => {
  const document = await Deno.readTextFile(new URL("../../../docs/init-yaml.md", import.meta.url));
  const current = withGeneratedParts(document, partsOfConfiguration());
  assert.equal(document, current, "run deno task docs");
});

Deno.test("options of a command have distinct flags, and a short flag means the same everywhere", () => {
  const meanings = new Map<string, string>();
  for (const command of shown) {
    for (const option of command.options) {
      assert.equal(optionOf(command, option.flags.split(/[ ,]/)[0]), option, option.flags);
      const short = shortFlag(option);
      if (short === undefined) continue;
      const long = option.flags.split(" ")[1];
      assert.equal(meanings.get(short) ?? long, long, `${short} of ${command.name}`);
      meanings.set(short, long);
      assert.equal(
        takesValue(option),
        !["--dry-run", "--follow", "--yes"].includes(long),
        option.flags,
      );
    }
  }
});

Deno.test("the man page has every command, option and exit code, and no accidental roff requests", async () => {
  const page = await new Cli(await checkout()).succeed(["man"]);
  const lines = page.split("\n");
  for (const { name, options } of shown) {
    assert.ok(page.includes(`.SS "farcall ${name.replace("-", "\\-")}`), name);
    for (const { flags } of options) {
      assert.ok(lines.includes(`.B ${flags.replaceAll("-", "\\-")}`), flags);
    }
  }
  for (const code of exitCodeTexts.keys()) assert.ok(lines.includes(`.B ${code}`), `${code}`);
  const requests = /^\.(TH|SH|SS|PP|TP|B|I|nf|fi)( |$)/;
  assert.deepEqual(lines.filter((line) => /^[.']/.test(line) && !requests.test(line)), []);
  assert.deepEqual(lines.filter((line) => /(?<!\\)-/.test(line) && !line.startsWith(".TH")), []);
});

Deno.test({
  ...needing("groff", "the man page is formatted without warnings"),
  fn: async () => {
    const page = await new Cli(await checkout()).succeed(["man"]);
    const groff = new Deno.Command("groff", {
      args: ["-man", "-Tutf8", "-ww", "-Kutf8"],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = groff.stdin.getWriter();
    await writer.write(new TextEncoder().encode(page));
    await writer.close();
    const { code, stderr, stdout } = await groff.output();
    assert.deepEqual([code, new TextDecoder().decode(stderr)], [0, ""]);
    assert.match(new TextDecoder().decode(stdout), /^FARCALL\(1\) /);
  },
});
