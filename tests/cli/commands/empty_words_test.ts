/** An empty word is an unset variable: no option takes it for a default, an address or a name. */
import assert from "node:assert/strict";
import { checkout } from "../../_support/checkout.ts";
import { Cli } from "../../_support/commands/cli.ts";
import { temporaryFolder } from "../../_support/nodes/node.ts";

const commands = ["serve", "init", "status", "call", "explain", "types", "keygen"];

Deno.test("no option of any command takes an empty value, nor does an argument that names something", async () => {
  const cli = new Cli(await checkout());
  const tried: string[][] = [];
  for (const command of commands) {
    const help = await cli.succeed([command, "--help"]);
    const options = [...help.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+) [<[][A-Z]/gm)].map(([, flag]) =>
      flag
    );
    assert.ok(options.length > 0, help);
    for (const option of options) {
      // The command's other required words precede it.
      const target = ["call", "explain"].includes(command) ? ["math.add"] : [];
      for (const words of [[option, ""], [`${option}=`], [option, " \t"]]) {
        tried.push([command, ...target, ...words]);
      }
    }
    tried.push([command, ""], [command, " "]);
  }
  tried.push(["serve", "127.0.0.1", ""], ["completions", ""]);
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
