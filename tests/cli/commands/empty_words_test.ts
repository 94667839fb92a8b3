/** An empty word is an unset variable: no option takes it for a default, an address or a name. */
import assert from "node:assert/strict";
import { checkout } from "../../_support/checkout.ts";
import { Cli } from "../../_support/commands/cli.ts";
import { temporaryFolder } from "../../_support/nodes/node.ts";

/** The words that a command's options follow. */
const requiredWords: Readonly<Record<string, readonly string[]>> = {
  call: ["math.add"],
  explain: ["math.add"],
  completions: ["bash"],
  send: ["127.0.0.1", "text"],
  "send-file": ["127.0.0.1", "file"],
};

Deno.test("no option of any command takes an empty value, nor does an argument that names something", async () => {
  const cli = new Cli(await checkout());
  const tried: string[][] = [];
  const overview = await cli.succeed(["--help"]);
  const commands = [...overview.matchAll(/^ {2}([a-z-]+) \[options\]/gm)].map(([, name]) => name);
  assert.ok(commands.includes("send-file"), overview);
  for (const command of commands) {
    const help = await cli.succeed([command, "--help"]);
    const options = [...help.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+) [<[][A-Z]/gm)].map(([, flag]) =>
      flag
    );
    for (const option of options) {
      for (const words of [[option, ""], [`${option}=`], [option, " \t"]]) {
        tried.push([command, ...requiredWords[command] ?? [], ...words]);
      }
    }
    const takesWords = /^Usage: farcall \S+ \[options\] [<[]/m.test(help);
    const others = requiredWords[command]?.slice(1) ?? [];
    if (takesWords) tried.push([command, "", ...others], [command, " ", ...others]);
  }
  tried.push(["serve", "127.0.0.1", ""], ["logs", "s1", ""]);
  await using folder = await temporaryFolder();
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-all"],
      new URL("./_every_empty_word.ts", import.meta.url).href,
      JSON.stringify(tried),
    ],
    cwd: folder.path,
    stdout: "null",
    stderr: "piped",
  }).output();
  const said = new TextDecoder().decode(stderr).split(/^= (\d+)\n/m);
  for (const [index, words] of tried.entries()) {
    const [message, code] = said.slice(2 * index, 2 * index + 2);
    assert.equal(code, "2", `${words.join(" ")}: ${message}`);
    assert.match(message, /^farcall: .*\bempty\b.*\bvariable\b/, words.join(" "));
  }
});
