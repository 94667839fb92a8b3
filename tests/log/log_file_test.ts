/** A log's file: its size, its name, interference by others, and a full disk. */
import assert from "node:assert/strict";
import { openLog, type OpenLogOptions } from "../../lib/log/open_log.ts";
import { temporaryFolder, until } from "../_support/nodes/node.ts";

interface Line {
  readonly event: string;
  readonly number?: number;
}

async function linesOf(path: string): Promise<Line[]> {
  const text = await Deno.readTextFile(path);
  assert.ok(text === "" || text.endsWith("\n"), `${path} ends with a whole line`);
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

/** The log files of a folder, with their records' numbers. */
async function numbersByFile(folder: string): Promise<Record<string, number[]>> {
  const found: Record<string, number[]> = {};
  for (const { name } of [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    found[name] = (await linesOf(`${folder}/${name}`)).flatMap(({ number }) => number ?? []);
  }
  return found;
}

/** Opens a log, writes its records one at a time, and closes it. */
async function logged(
  options: OpenLogOptions,
  record: (add: (number: number) => Promise<void>, reopen: () => void) => Promise<void>,
): Promise<void> {
  await using opened = await openLog({ format: "json", ...options });
  await record(async (number) => {
    opened.log.info("numbered", { number, text: "x".repeat(50) });
    await until(`record ${number} is written`, async () => {
      const text = await Deno.readTextFile(options.file!).catch(() => "");
      return text.includes(`"number":${number},`);
    });
  }, opened.reopen);
}

Deno.test("a log is rotated before it is too large, the latest files are kept, and no record is lost", async () => {
  await using folder = await temporaryFolder();
  const file = `${folder.path}/node.log`;
  await logged({ file, rotation: { bytesMax: 1000, keep: 2 } }, async (add) => {
    for (let number = 1; number <= 30; number++) await add(number);
  });
  const found = await numbersByFile(folder.path);
  assert.deepEqual(Object.keys(found), ["node.log", "node.log.1", "node.log.2"]);
  const kept = [...found["node.log.2"], ...found["node.log.1"], ...found["node.log"]];
  assert.deepEqual(kept, Array.from(kept, (_, index) => 31 - kept.length + index));
  for (const name of Object.keys(found)) {
    assert.ok((await Deno.stat(`${folder.path}/${name}`)).size <= 1000);
  }
});

Deno.test("many records at once are spread over files of the requested size", async () => {
  await using folder = await temporaryFolder();
  const file = `${folder.path}/node.log`;
  {
    await using opened = await openLog({
      format: "json",
      file,
      rotation: { bytesMax: 2000, keep: 100 },
    });
    for (let number = 1; number <= 200; number++) opened.log.info("numbered", { number });
    opened.log.info("larger than a file", { stack: "x".repeat(5000), number: 201 });
    opened.log.info("numbered", { number: 202 });
  }
  const found = Object.entries(await numbersByFile(folder.path));
  assert.ok(found.length > 5);
  const numbers = found.flatMap(([, each]) => each).sort((a, b) => a - b);
  assert.deepEqual(numbers, Array.from({ length: 202 }, (_, index) => index + 1));
  for (const [name, each] of found) {
    const { size } = await Deno.stat(`${folder.path}/${name}`);
    assert.ok(size <= 2000 || each.length === 1, `${name} has ${size} bytes`);
  }
});

Deno.test("a log that cannot be renamed keeps growing, says so, and loses nothing", async () => {
  await using folder = await temporaryFolder();
  const file = `${folder.path}/node.log`;
  await Deno.mkdir(`${file}.new`);
  await logged({ file, rotation: { bytesMax: 500, keep: 2 } }, async (add) => {
    for (let number = 1; number <= 10; number++) await add(number);
  });
  const lines = await linesOf(file);
  assert.deepEqual(lines.flatMap(({ number }) => number ?? []), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.equal(lines.filter(({ event }) => event === "log.not-rotated").length, 1);
});

Deno.test("a renamed or removed log file is replaced, with and without a signal", async () => {
  const bounds = { logLookMs: 1 };
  await using folder = await temporaryFolder();
  const file = `${folder.path}/node.log`;
  await logged({ file, bounds }, async (add, reopen) => {
    await add(1);
    await Deno.rename(file, `${folder.path}/renamed`);
    await add(2);
    await Deno.rename(file, `${folder.path}/renamed2`);
    reopen();
    await add(3);
    await Deno.remove(file);
    await add(4);
    await Deno.truncate(file);
    await add(5);
  });
  assert.deepEqual(await numbersByFile(folder.path), {
    "node.log": [5],
    renamed: [1],
    renamed2: [2],
  });
});

Deno.test("a log cut off in the middle of a record continues on a new line", async () => {
  await using folder = await temporaryFolder();
  const file = `${folder.path}/node.log`;
  await Deno.writeTextFile(file, '{"event":"torn');
  await logged({ file }, (add) => add(1));
  const [torn, whole, ...rest] = (await Deno.readTextFile(file)).split("\n");
  assert.deepEqual([torn, JSON.parse(whole).number, rest], ['{"event":"torn', 1, [""]]);
});

Deno.test(
  "a device is neither renamed nor opened anew",
  { ignore: Deno.build.os !== "linux" },
  async () => {
    const bounds = { logLookMs: 0 };
    {
      await using opened = await openLog({
        file: "/dev/full",
        rotation: { bytesMax: 1, keep: 1 },
        bounds,
      });
      for (let count = 0; count < 10; count++) opened.log.error("lost");
      opened.reopen();
    }
    assert.ok((await Deno.stat("/dev/full")).isCharDevice);
  },
);

Deno.test({
  name: "a log's file is closed to others, also one that was open to them, and after a rotation",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using folder = await temporaryFolder();
    const modes = async () =>
      (await Promise.all(
        [...Deno.readDirSync(folder.path)].map(({ name }) => Deno.stat(`${folder.path}/${name}`)),
      )).map(({ mode }) => mode! & 0o777);
    const before = `${folder.path}/before.log`;
    await Deno.writeTextFile(before, "");
    await Deno.chmod(before, 0o666);
    for (const file of [`${folder.path}/new.log`, before]) {
      const options = { file, rotation: { bytesMax: 300, keep: 3 } };
      await logged(options, async (add) => {
        for (let number = 1; number <= 6; number++) await add(number);
      });
    }
    for (const mode of await modes()) assert.equal(mode & ~0o640, 0, mode.toString(8));
  },
});
