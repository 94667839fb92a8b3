/** The README's tour and first service, verbatim: commands run, and print the documented output. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "./_support/ports.ts";
import { needing } from "./_support/programs.ts";

const repository = fileURLToPath(new URL("../", import.meta.url));
const permissions = ["read", "write", "net", "run", "env", "sys"].map((name) => `--allow-${name}`);

interface Block {
  readonly language: string;
  readonly text: string;
}

function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({
    language,
    text,
  }));
}

function sectionOf(markdown: string, heading: string): string {
  const start = markdown.indexOf(`\n${heading}\n`);
  assert.notEqual(start, -1, `README has ${heading}`);
  const rest = markdown.slice(start + heading.length + 2);
  const end = rest.search(/^#{2,3} /m);
  return end === -1 ? rest : rest.slice(0, end);
}

async function waitForPort(port: number): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  assert.fail(`nothing listens on ${port}`);
}

/** A copy of the tour's files, with a `farcall` on its PATH that runs this checkout. */
async function copyForTour(folder: string, replacePorts: (text: string) => string): Promise<void> {
  const copy = async (path: string): Promise<void> => {
    await Deno.mkdir(join(folder, path), { recursive: true });
    for await (const { name, isDirectory } of Deno.readDir(join(repository, path))) {
      const inner = join(path, name);
      if (isDirectory) await copy(inner);
      else await Deno.copyFile(join(repository, inner), join(folder, inner));
    }
  };
  await copy("services");
  // Imports from outside the folder would be compiled again.
  await Deno.writeTextFile(join(folder, "mod.ts"), `export * from "${repository}mod.ts";\n`);
  const init = await Deno.readTextFile(join(repository, "init.yaml"));
  await Deno.writeTextFile(join(folder, "init.yaml"), replacePorts(init));
  await Deno.mkdir(join(folder, "bin"));
  const command = [Deno.execPath(), "run", "--quiet", "--no-prompt", ...permissions]
    .map((word) => `'${word}'`).join(" ");
  await Deno.writeTextFile(
    join(folder, "bin/farcall"),
    `#!/bin/sh\nexec ${command} '${join(repository, "mod.ts")}' "$@"\n`,
    { mode: 0o755 },
  );
  await Deno.writeTextFile(
    join(folder, "bin/restore"),
    `#!/bin/sh\nexec cp '${repository}'"$1" "$1"\n`,
    { mode: 0o755 },
  );
}

/** Programs that the tour's reader may lack, and how its commands show that they need them. */
const readersOwn = { nc: /\| nc /, curl: /^curl / };

Deno.test("the README's tour works word for word", async (t) => {
  const readme = await Deno.readTextFile(join(repository, "README.md"));
  const tour = sectionOf(readme, "## A two-minute tour");
  const ports = [freePort(), freePort()];
  const replacePorts = (text: string): string =>
    text.replaceAll("8181", String(ports[0])).replaceAll("8282", String(ports[1]));
  const folder = await Deno.realPath(await Deno.makeTempDir());
  const env = { PATH: `${folder}/bin:${Deno.env.get("PATH")}`, NO_COLOR: "1" };
  const nodes: Deno.ChildProcess[] = [];
  const answered = new Map<string, string>();
  const run = async (line: string): Promise<string> => {
    const { code, stdout, stderr } = await new Deno.Command("/bin/sh", {
      args: ["-c", line],
      cwd: folder,
      env,
    }).output();
    assert.equal(code, 0, `${line}\n${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout).trimEnd();
  };
  try {
    await copyForTour(folder, replacePorts);
    for (const { language, text } of blocksOf(replacePorts(tour))) {
      if (language === "ts") {
        await Deno.writeTextFile(join(folder, "tour.ts"), text);
        const printed = await run(
          `'${Deno.execPath()}' run --quiet --no-prompt ${permissions.join(" ")} tour.ts`,
        );
        const promised = [...text.matchAll(/\/\/ (.*)$/gm)].map(([, value]) => value);
        assert.deepEqual(printed.split("\n"), promised);
        continue;
      }
      for (const line of text.trimEnd().split("\n")) {
        // The executable is tested elsewhere; here `farcall` is the checkout.
        if (/^(deno task compile|export PATH)/.test(line)) continue;
        if (line.endsWith(" &")) {
          nodes.push(
            new Deno.Command("/bin/sh", {
              args: ["-c", `exec ${line.slice(0, -2)}`],
              cwd: folder,
              env,
              stdout: "null",
            }).spawn(),
          );
          if (nodes.length === 2) { for (const port of ports) await waitForPort(port); }
          continue;
        }
        const [command, comment] = line.split(/\s+# /);
        const own = Object.entries(readersOwn).find(([, words]) => words.test(command))?.[0];
        if (own !== undefined) {
          answered.set(own, "");
          await t.step({
            ...needing(own, `with ${own}, which is the reader's`),
            fn: async () => void answered.set(own, await run(command)),
          });
          continue;
        }
        const printed = await run(command.replace("git checkout ", "restore "));
        if (comment === undefined) continue;
        const promised = comment.split(/[:,]/)[0];
        const shown = printed.split("\n").join(" and ").replace("exit code ", "");
        assert.equal(shown, promised, line);
      }
    }
    assert.deepEqual([...answered.keys()], Object.keys(readersOwn), "the tour calls with each");
    const answer = tour.match(/\{"header":"RPC-RES".*?\}\}/)?.[0];
    const nc = answered.get("nc");
    if (nc) assert.equal(nc.replace(/[0-9a-f]{64}/, "…"), answer);
    const curl = answered.get("curl");
    if (curl) assert.ok(tour.includes(`\`${curl}\``), curl);
  } finally {
    for (const node of nodes) node.kill("SIGTERM");
    for (const node of nodes) await node.status;
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the README's first service deploys from an empty folder and answers", async () => {
  const readme = await Deno.readTextFile(join(repository, "README.md"));
  const port = freePort();
  const [{ text }] = blocksOf(sectionOf(readme, "## Your first service"));
  const folder = await Deno.realPath(await Deno.makeTempDir());
  const program = [Deno.execPath(), "run", "--quiet", "--no-prompt", ...permissions]
    .concat(join(repository, "mod.ts")).map((word) => `'${word}'`).join(" ");
  let cwd = folder;
  const shell = (line: string): Deno.Command =>
    new Deno.Command("/bin/sh", {
      args: ["-c", `farcall() { ${program} "$@"; }\n${line}`],
      cwd,
      env: { NO_COLOR: "1" },
    });
  let node: Deno.ChildProcess | undefined;
  let calls = 0;
  try {
    for (const line of text.trimEnd().split("\n")) {
      const [command, promised] = line.split(/\s+# /);
      if (command.endsWith(" &")) {
        const [, ...words] = command.slice(0, -" &".length).split(" ");
        node = new Deno.Command("/bin/sh", {
          args: ["-c", `exec ${program} ${words.join(" ")} --port ${port}`],
          cwd,
          stdout: "null",
        }).spawn();
        await waitForPort(port);
        continue;
      }
      const { code, stdout, stderr } = await shell(command).output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      const made = /^farcall new (\w+) && cd \1$/.exec(command)?.[1];
      if (made !== undefined) {
        cwd = join(folder, made);
        const path = join(cwd, "init.yaml");
        const yaml = await Deno.readTextFile(path);
        await Deno.writeTextFile(path, yaml.replace("8181", `${port}`));
      }
      if (promised === undefined) continue;
      calls += 1;
      assert.equal(new TextDecoder().decode(stdout).trimEnd(), promised);
    }
    assert.equal(calls, 2);
  } finally {
    node?.kill("SIGTERM");
    await node?.status;
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the README fits one sitting, and every document that it names exists", async () => {
  const readme = await Deno.readTextFile(join(repository, "README.md"));
  assert.ok(readme.length <= 12 * 1024 && readme.split("\n").length <= 250);
  const links = [...readme.matchAll(/\]\(([^)#:]+)[^)]*\)|(?:src|srcset)="([^"]+)"/g)];
  assert.ok(links.length >= 8);
  for (const [, link, image] of links) await Deno.stat(join(repository, link ?? image));
});
