/**
 * Writes the executable dist/farcall: `deno task compile`, followed by options of `deno compile`.
 *
 * Everything embedded in an executable is read at every start: 20 MB take as long as the runtime itself. So it contains
 * only what runs: the product and its packages as a few JavaScript files, of which a command loads its own, the
 * bundler's compressed binary, and the packages' licences. On Linux the binary is stored where it is not read, see
 * lib/deploy/bundle/_elf_overlay.ts.
 */
// Unused by name: the import makes Deno fetch the product's packages.
import "../cli/main.ts";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { printNote } from "../cli/output.ts";
import { messageOf } from "../lib/errors/mod.ts";
import { scriptIdOf } from "../lib/identity/mod.ts";
import {
  binaryName,
  embeddedBinary,
  type EmbeddedBinaryFacts,
  withEsbuild,
} from "../lib/deploy/bundle/_esbuild.ts";
import { runtimeEnd } from "../lib/deploy/bundle/_elf_overlay.ts";
import { esbuildName } from "../lib/deploy/bundle/_esbuild_name.ts";
import { licencesOf, packageOf, packagePlugin } from "./packages.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const licences = "licences.txt";

try {
  await compile(Deno.args);
} catch (error) {
  printNote(`cannot compile: ${messageOf(error)}`);
  Deno.exit(1);
}

async function compile(options: readonly string[]): Promise<void> {
  await Deno.mkdir(join(root, "dist"), { recursive: true });
  const parts = await Deno.makeTempDir({ dir: join(root, "dist"), prefix: "parts-" });
  const isOwnPlatform = !options.some((option) => option.startsWith("--target"));
  // Written completely before it gets its name. On another platform, `deno compile` chooses the name.
  const output = outputIn(options);
  const unfinished = isOwnPlatform && Deno.build.os !== "windows" ? `${output}.unfinished` : output;
  options = [...options.filter(isNoOutput), "--output", unfinished];
  try {
    await writeModules(parts);
    const binary = await packBinary();
    let isBehindRuntime = false;
    if (Deno.build.os === "linux" && isOwnPlatform) {
      await writeFacts(parts, { hash: binary.hash, bytesBehindRuntime: binary.packed.length });
      await writeExecutable(parts, options);
      isBehindRuntime = await insertBehindRuntime(unfinished, binary.packed);
    }
    // If it cannot be stored there, which only the executable tells, compile once more with it embedded.
    if (!isBehindRuntime) {
      await writeFacts(parts, { hash: binary.hash });
      await Deno.writeFile(join(parts, embeddedBinary.packed), binary.packed);
      await writeExecutable(parts, options);
    }
    if (isOwnPlatform) await checkStarts(unfinished);
    if (unfinished !== output) await Deno.rename(unfinished, output);
  } finally {
    if (unfinished !== output) await Deno.remove(unfinished).catch(() => {});
    await Deno.remove(parts, { recursive: true });
  }
}

/** Bundles the product's modules and packages into a few files: shared ones, and those for one command. */
async function writeModules(parts: string): Promise<void> {
  const packages = new Set<string>();
  await withEsbuild((esbuild) =>
    esbuild.build({
      entryPoints: [
        join(root, "cli/main.ts"),
        join(root, "lib/executor/sandbox/granted_worker.ts"),
      ],
      entryNames: "[name]",
      outdir: parts,
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "neutral",
      target: "es2024",
      charset: "ascii",
      // Names stay, because stacks show them.
      minifyWhitespace: true,
      minifySyntax: true,
      plugins: [packagePlugin(packages)],
      tsconfigRaw: {},
    })
  );
  await copyPage(parts);
  await Deno.writeTextFile(join(parts, licences), await licencesOf([...packages].sort()));
}

/** The console's page is beside the modules, as in the sources: it is served unchanged. */
async function copyPage(parts: string): Promise<void> {
  const page = join(root, "lib/console/page");
  await Deno.mkdir(join(parts, "page"));
  for await (const { name } of Deno.readDir(page)) {
    await Deno.copyFile(join(page, name), join(parts, "page", name));
  }
}

/** The bundler's binary for this platform, gzip-compressed, and the hash of its uncompressed form. */
async function packBinary(): Promise<{ packed: Uint8Array<ArrayBuffer>; hash: string }> {
  const { folder } = await packageOf(`npm:${esbuildName.replace("-", "@")}`);
  const binary = await Deno.readFile(
    createRequire(join(folder, "package.json")).resolve(binaryName),
  );
  const packing = new Blob([binary]).stream().pipeThrough(new CompressionStream("gzip"));
  const packed = new Uint8Array(await new Response(packing).arrayBuffer());
  return { packed, hash: await scriptIdOf(binary) };
}

async function writeFacts(parts: string, facts: EmbeddedBinaryFacts): Promise<void> {
  await Deno.writeTextFile(join(parts, embeddedBinary.facts), JSON.stringify(facts));
}

function isOutput(option: string): boolean {
  return /^(-o|--output)(=|$)/.test(option);
}

/** For an array's `filter`: whether a word is neither `--output` nor its value. */
function isNoOutput(option: string, index: number, options: readonly string[]): boolean {
  const before = options[index - 1];
  return !isOutput(option) && !(before !== undefined && isOutput(before) && !before.includes("="));
}

/** The executable's path. */
function outputIn(options: readonly string[]): string {
  const index = options.findLastIndex(isOutput);
  if (index < 0) return join(root, "dist/farcall");
  const [, value = options[index + 1]] = /=(.*)/.exec(options[index]!) ?? [];
  return resolve(root, value ?? "dist/farcall");
}

/**
 * Inserts bytes between a Linux executable's runtime and its embedded files.
 *
 * @returns Whether it did. If these are part of the runtime's file (Deno 2.9), unused data is not read anyway.
 */
async function insertBehindRuntime(
  executable: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const whole = await Deno.readFile(executable);
  const end = runtimeEnd(whole);
  if (end === undefined || whole.length <= end) return false;
  const temporary = `${executable}.${crypto.randomUUID()}`;
  const parts = [whole.subarray(0, end), bytes, whole.subarray(end)];
  try {
    await Deno.writeFile(temporary, new Blob(parts).stream(), { mode: 0o755 });
    await Deno.rename(temporary, executable);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
  return true;
}

async function writeExecutable(parts: string, options: readonly string[]): Promise<void> {
  const files = new Set(Array.from(Deno.readDirSync(parts), ({ name }) => name));
  const embedded = [
    "granted_worker.js",
    "page",
    embeddedBinary.facts,
    embeddedBinary.packed,
    licences,
  ]
    .filter((name) => files.has(name));
  const { success } = await new Deno.Command(Deno.execPath(), {
    cwd: root,
    args: [
      // Without the lock file, which would cause every package in it to be embedded.
      ...["compile", "--quiet", "--no-prompt", "--no-check", "--no-config", "--no-lock"],
      ...["--no-code-cache", "--v8-flags=--disallow-code-generation-from-strings,--expose-gc"],
      "--unstable-worker-options",
      ...["read", "write", "net", "run", "env", "sys", "ffi"].map((name) => `--allow-${name}`),
      ...embedded.flatMap((name) => ["--include", join(parts, name)]),
      ...options,
      join(parts, "main.js"),
    ],
  }).spawn().status;
  if (success) return;
  throw new Error(
    "deno compile has failed, for the reason above; where it cannot download its runtime, name a denort of " +
      "the same version in DENORT_BIN",
  );
}

/** Removes an executable that cannot start: `deno compile` silently uses a runtime of another version. */
async function checkStarts(executable: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(executable, {
    args: ["--version"],
    env: { NO_COLOR: "1" },
  }).output();
  if (success) return;
  await Deno.remove(executable);
  const [said] = new TextDecoder().decode(stderr).trim().split("\n");
  const denort = Deno.env.get("DENORT_BIN");
  const hint = denort === undefined ? "" : `; DENORT_BIN names "${denort}", which must be the ` +
    `denort of Deno ${Deno.version.deno}, the version that compiles: name another, or compile with its version`;
  throw new Error(`what was written does not start, and was removed: it said "${said}"${hint}`);
}
