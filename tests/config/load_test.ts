/** The file itself, and its scripts. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { InvalidConfiguration } from "../../lib/errors/mod.ts";
import { type Configuration, loadConfiguration, type LoadOptions } from "../../lib/config/mod.ts";
import { good, goodWith } from "./helpers.ts";
import { diagnostic, mentions } from "../_support/mentions.ts";

/** Runs with a folder that contains an init.yaml with this text, and the scripts of the good file. */
async function inFolder(
  content: string | Uint8Array,
  run: (folder: string, file: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "farcall-config-" });
  try {
    const scripts = join(folder, "services", "math");
    await Deno.mkdir(scripts, { recursive: true });
    for (const name of ["add.ts", "concat.ts"]) await Deno.writeTextFile(join(scripts, name), "");
    const file = join(folder, "init.yaml");
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(file, bytes);
    await run(folder, file);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function refusal(path: string, options?: LoadOptions): Promise<InvalidConfiguration> {
  let loaded: Configuration;
  try {
    loaded = await loadConfiguration(path, options);
  } catch (error) {
    if (error instanceof InvalidConfiguration) return error;
    throw error;
  }
  throw new Error(`expected mistakes, got ${loaded.file}`);
}

async function mistakesOf(path: string): Promise<string[]> {
  return (await refusal(path)).diagnostics.map(({ line, column, message, hint }) =>
    `${line}:${column} ${message} (${hint})`
  );
}

Deno.test("a valid file is loaded, and knows its folder", async () => {
  await inFolder(good, async (folder, file) => {
    const configuration = await loadConfiguration(file);
    assert.equal(configuration.file, file);
    assert.equal(configuration.folder, folder);
    const [overload] = configuration.services.get("math")!.rpcs.get("add")!.overloads;
    assert.equal(overload.source, join(folder, "services/math/add.ts"));
  });
});

Deno.test("a missing file is reported with the full path that was tried", async () => {
  await inFolder(good, async (folder) => {
    const error = await refusal(join(folder, "no.yaml"));
    assert.equal(
      error.message,
      `${folder}/no.yaml does not exist (looked for ${folder}/no.yaml)`,
    );
    assert.equal(error.diagnostics[0].line, 1);
    assert.equal(error.diagnostics[0].column, 1);
    assert.match(
      error.diagnostics[0].hint!,
      mentions("farcall new", "path"),
    );
    assert.ok(error.cause instanceof Deno.errors.NotFound);
  });
});

Deno.test("a misspelt file name gets the nearest file as a suggestion", async () => {
  await inFolder(good, async (folder) => {
    assert.match(
      (await mistakesOf(join(folder, "init.yml")))[0],
      /".*\/init\.yaml"/,
    );
    assert.match((await mistakesOf(join(folder, "init.yaml", "x")))[0], mentions("init.yaml/x"));
  });
});

Deno.test("a folder in place of the file gets a suggestion", async () => {
  await inFolder(good, async (folder) => {
    const error = await refusal(folder);
    assert.equal(error.message, `${folder} is a folder, expected a file`);
    assert.equal(error.diagnostics[0].hint, `try ${folder}/init.yaml`);
  });
});

Deno.test({
  name: "a file that nobody may read is told apart from one that is not there",
  ignore: Deno.build.os === "windows" || Deno.uid() === 0,
  fn: () =>
    inFolder(good, async (_folder, file) => {
      await Deno.chmod(file, 0o000);
      assert.match((await refusal(file)).message, mentions(file));
    }),
});

Deno.test("a file without the permission to read it is a mistake, not a crash", async () => {
  await inFolder(good, async (folder) => {
    const program = join(folder, "program.ts");
    const room = new URL("../../lib/config/mod.ts", import.meta.url).href;
    await Deno.writeTextFile(
      program,
      `import { loadConfiguration } from ${JSON.stringify(room)};
       await loadConfiguration("/etc/init.yaml").catch((error) => console.log(error.message));`,
    );
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--no-lock", `--allow-read=${folder}`, program],
      env: { NO_COLOR: "1" },
    }).output();
    assert.match(
      new TextDecoder().decode(stdout),
      mentions("/etc/init.yaml", "read"),
    );
  });
});

Deno.test("an empty file is reported with its expected content", async () => {
  await inFolder("", async (_folder, file) => {
    assert.match((await mistakesOf(file))[0], diagnostic("1:1", "empty", "network", "services"));
  });
});

Deno.test("a file that is not UTF-8 is reported at its first invalid character", async () => {
  const bytes = new TextEncoder().encode(good.replace("math:", "mé😀_:"));
  const smiley = bytes.indexOf(0xf0);
  bytes[smiley + 1] = 0x20;
  await inFolder(bytes, async (_folder, file) => {
    const mistakes = await mistakesOf(file);
    assert.deepEqual(mistakes, ["9:5 the file is not UTF-8 from here on (save the file as UTF-8)"]);
    assert.equal((await refusal(file)).message, `${file}:9:5 is not UTF-8 from here on`);
  });
  const half = new TextEncoder().encode("a: é").subarray(0, 4);
  await inFolder(half, async (_folder, file) => {
    assert.match((await mistakesOf(file))[0], diagnostic("1:4", "UTF-8"));
  });
});

Deno.test("a file in UTF-16 is reported as such", async () => {
  const bytes = new Uint8Array([0xff, 0xfe, ...new Uint8Array(new Uint16Array([97, 58]).buffer)]);
  await inFolder(bytes, async (_folder, file) => {
    assert.match((await mistakesOf(file))[0], diagnostic("1:1", "UTF-16", "UTF-8"));
    assert.equal((await refusal(file)).message, `${file} is UTF-16, expected UTF-8`);
  });
});

Deno.test("a file that is too large is not read to its end", async () => {
  await inFolder(good, async (_folder, file) => {
    const error = await refusal(file, { bounds: { fileBytesMax: 100 } });
    assert.match(error.message, mentions("init.yaml", "100 bytes"));
  });
});

Deno.test("each missing script is reported, with the nearest existing one", async () => {
  const text = goodWith(["math/add.ts", "math/ad.ts"], ["math/concat.ts", "meth/concat.ts"]);
  await inFolder(text, async (_folder, file) => {
    assert.deepEqual(await mistakesOf(file), [
      '14:52 script "services/math/ad.ts" does not exist (did you mean "services/math/add.ts"?)',
      '15:52 script "services/meth/concat.ts" does not exist ' +
      '(did you mean "services/math/concat.ts"?)',
    ]);
  });
});

Deno.test("a script without a similar name is reported with the path that was tried", async () => {
  const text = goodWith(["services/math/add.ts", "elsewhere/banana.ts"]);
  await inFolder(text, async (folder, file) => {
    assert.deepEqual(await mistakesOf(file), [
      '14:52 script "elsewhere/banana.ts" does not exist ' +
      `(looked for ${folder}/elsewhere/banana.ts)`,
    ]);
  });
});

Deno.test("an absolute script path is suggested as an absolute one", async () => {
  const text = good.replace("services/math/add.ts", "FOLDER/services/math/add.js");
  await inFolder(text, async (folder, file) => {
    await Deno.writeTextFile(file, text.replace("FOLDER", folder));
    assert.match(
      (await mistakesOf(file))[0],
      mentions(`"${folder}/services/math/add`),
    );
  });
});

Deno.test("a caller can load the file on a machine without the scripts", async () => {
  await inFolder(good, async (folder, file) => {
    await Deno.remove(join(folder, "services"), { recursive: true });
    assert.equal((await refusal(file)).diagnostics.length, 2);
    const { services } = await loadConfiguration(file, { scripts: "ignore" });
    assert.deepEqual([...services.keys()], ["math"]);
  });
});

Deno.test("a folder in place of a script is reported", async () => {
  await inFolder(goodWith(["services/math/add.ts", "services/math"]), async (_folder, file) => {
    assert.match(
      (await mistakesOf(file))[0],
      diagnostic("14:52", '"services/math"', "is a folder"),
    );
  });
});

Deno.test("missing scripts and other mistakes are reported together, in the order of the file", async () => {
  const text = goodWith(["port: 8282", "port: 0"], ["add.ts", "none.ts"], ["[str, str]", "[st]"]);
  await inFolder(text, async (_folder, file) => {
    const places = (await mistakesOf(file)).map((mistake) => mistake.split(" ")[0]);
    assert.deepEqual(places, ["4:32", "14:52", "15:20"]);
  });
});

Deno.test("a missing script that several overloads share is reported at each", async () => {
  const shared = "services/math/none_at_all.ts";
  const text = goodWith(["services/math/add.ts", shared], ["services/math/concat.ts", shared]);
  await inFolder(text, async (_folder, file) => {
    assert.equal((await mistakesOf(file)).length, 2);
  });
});

Deno.test("missing scripts are found in a folder of any size", async () => {
  const names = Array.from({ length: 40 }, (_, index) => `f${index}`);
  const rpcs = names.map((name) =>
    `      ${name}: { args: [], returns: int, src: many/${name}.ts }\n`
  );
  const text = "network: { servers: { s1: { ip: 127.0.0.1, port: 8181 } }, clients: { c1: { ip: " +
    "127.0.0.1 } } }\nservices:\n  many:\n    providers: [s1]\n    tenants: [c1]\n    rpcs:\n" +
    rpcs.join("");
  await inFolder(text, async (folder, file) => {
    const many = join(folder, "many");
    await Deno.mkdir(many);
    for (const name of names) await Deno.writeTextFile(join(many, `${name}.ts`), "");
    await Deno.rename(join(many, "f3.ts"), join(many, "elsewhere"));
    await Deno.symlink("elsewhere", join(many, "f3.ts"));
    await loadConfiguration(file);
    await Deno.remove(join(many, "f7.ts"));
    await Deno.remove(join(many, "f20.ts"));
    await Deno.mkdir(join(many, "f20.ts"));
    await Deno.remove(join(many, "elsewhere"));
    const found = (await mistakesOf(file)).map((mistake) => mistake.replace(/ \(.*/, ""));
    assert.deepEqual(found, [
      '10:42 script "many/f3.ts" does not exist',
      '14:42 script "many/f7.ts" does not exist',
      '27:43 script "many/f20.ts" is a folder, expected a file',
    ]);
  });
});
