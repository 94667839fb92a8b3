/** Snippets in docs/security.md that operators copy are accepted by their programs. */
import assert from "node:assert/strict";
import { checkout } from "./_support/checkout.ts";
import { Cli } from "./_support/commands/cli.ts";
import { temporaryFolder } from "./_support/nodes/node.ts";
import { needing } from "./_support/programs.ts";

const text = await Deno.readTextFile(new URL("../docs/security.md", import.meta.url));

/** The only block of a language. */
function block(language: string): string {
  const found = [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, "gm"))];
  assert.equal(found.length, 1, language);
  return found[0][1];
}

Deno.test("the unit and the container start serve with existing options", async () => {
  const help = await new Cli(await checkout()).succeed(["serve", "--help"]);
  const commands = [
    /^ExecStart=\S+ serve (.*)$/m.exec(block("ini"))![1],
    /^ENTRYPOINT (.*)$/m.exec(block("dockerfile"))![1],
    / farcall \\\n(.*)$/m.exec(block("sh"))![1],
  ];
  const options = commands.flatMap((command) => command.match(/--[a-z-]+/g) ?? []);
  assert.ok(options.length >= 7, `${options}`);
  for (const option of options) assert.ok(help.includes(` ${option} `), option);
});

Deno.test({
  ...needing("systemd-analyze", "systemd takes the unit"),
  async fn() {
    await using folder = await temporaryFolder();
    const path = `${folder.path}/farcall.service`;
    await Deno.writeTextFile(path, block("ini").replace("/usr/local/bin/farcall", Deno.execPath()));
    const { stderr, success } = await new Deno.Command("systemd-analyze", {
      args: ["verify", path],
    }).output();
    const said = new TextDecoder().decode(stderr);
    assert.ok(success, said);
    assert.doesNotMatch(said, /farcall\.service/);
  },
});
