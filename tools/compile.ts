/**
 * Writes the executable dist/farcall: `deno task compile`, followed by options of `deno compile`.
 *
 * What is embedded in an executable is read whenever it starts, all of it: 20 MB take as long as the
 * runtime itself. So only what runs goes in: the product and its packages as a few JavaScript files, of
 * which a command loads its own. What is rarely needed is packed: the bundler's binary, licences, source
 * maps. On Linux it is stored where no start reads it, see lib/packed/elf_overlay.ts.
 */
// Unused by name: the import makes Deno fetch the product's packages.
import "../cli/main.ts";
import { createRequire } from "node:module";
import { join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { printNote } from "../cli/output.ts";
import { messageOf } from "../lib/errors/mod.ts";
import { scriptIdOf } from "../lib/identity/mod.ts";
import {
  binaryName,
  type EsbuildPlugin,
  packedBinary,
  withEsbuild,
} from "../lib/deploy/bundle/_esbuild.ts";
import { esbuildName } from "../lib/deploy/bundle/_esbuild_name.ts";
import { runtimeEnd } from "../lib/packed/elf_overlay.ts";
import { type PackedFact, packedFactsFile } from "../lib/packed/mod.ts";
import { packedSourceMaps } from "../lib/packed/source_stack.ts";
import { compactSourceMap } from "../lib/source_map/mod.ts";
import { licencesOf, packageOf, packagePlugin } from "./packages.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const sandbox = "lib/executor/sandbox";

/** What is packed, by name. */
type Packed = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

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
    const packed = new Map([...await packBinary(), ...await writeModules(parts)]);
    let isBehindRuntime = false;
    if (Deno.build.os === "linux" && isOwnPlatform) {
      await writeFacts(parts, packed, "behind the runtime");
      await writeExecutable(parts, options);
      isBehindRuntime = await insertBehindRuntime(unfinished, packed);
    }
    // If it cannot be stored there, which only the executable tells, compile once more with it embedded.
    if (!isBehindRuntime) {
      await writeFacts(parts, packed, "as files");
      for (const [name, bytes] of packed) await Deno.writeFile(join(parts, name), bytes);
      await writeExecutable(parts, [...packed.keys()].flatMap(included(parts)).concat(options));
    }
    if (isOwnPlatform) await checkStarts(unfinished);
    if (unfinished !== output) await Deno.rename(unfinished, output);
  } finally {
    if (unfinished !== output) await Deno.remove(unfinished).catch(() => {});
    await Deno.remove(parts, { recursive: true });
  }
}

/**
 * The product's modules and packages in few files: shared ones, and those that one command loads alone.
 *
 * @returns What is to be packed.
 */
async function writeModules(parts: string): Promise<Packed> {
  const folders = new Set<string>();
  await withEsbuild(async (esbuild) => {
    const common = {
      outdir: parts,
      entryNames: "[name]",
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "neutral",
      target: "es2024",
      charset: "ascii",
      // For stacks, with lines that are searched quickly.
      sourcemap: "external",
      sourcesContent: false,
      lineLimit: 500,
      tsconfigRaw: {},
    } as const;
    await esbuild.build({
      ...common,
      entryPoints: [join(root, "cli/main.ts")],
      minify: true,
      plugins: [executorApart(), packagePlugin(folders)],
    });
    await esbuild.build({
      ...common,
      entryPoints: {
        executor: join(root, sandbox, "child.ts"),
        granted_worker: join(root, sandbox, "granted_worker.ts"),
      },
      // Scripts see the names of functions and classes.
      minifyWhitespace: true,
      minifySyntax: true,
      plugins: [packagePlugin(folders)],
    });
  });
  await copyPage(parts);
  const licences = await licencesOf([...folders].sort());
  return new Map([
    ["licences.txt", bytesOf(licences)],
    [packedSourceMaps, bytesOf(JSON.stringify(await sourceMapsIn(parts)))],
  ]);
}

/** Source maps of modules, by the names of these, and without the names of folders of this machine. */
async function sourceMapsIn(parts: string): Promise<Record<string, string>> {
  const maps: Record<string, string> = {};
  for (const { name } of Deno.readDirSync(parts)) {
    if (!name.endsWith(".js.map")) continue;
    const json = await Deno.readTextFile(join(parts, name));
    maps[name.slice(0, -".map".length)] = compactSourceMap(json, (source) => {
      if (/^(builtin|shims):/.test(source)) return source; // Of tools/packages.ts.
      const path = relative(root, join(parts, source)).split(sep).join("/");
      return path.replace(/^.*\/registry\.npmjs\.org\//, "npm/");
    });
  }
  return maps;
}

/** An executor is a program of its own, in two files, from which it starts quicker. */
function executorApart(): EsbuildPlugin {
  return {
    name: "executor apart",
    setup: (build) => {
      build.onResolve({ filter: /\/executor\/sandbox\/child\.ts$/ }, () => {
        return { path: "./executor.js", external: true };
      });
    },
  };
}

/** The console's page is beside the modules, as in the sources: it is served unchanged. */
async function copyPage(parts: string): Promise<void> {
  const page = join(root, "lib/console/page");
  await Deno.mkdir(join(parts, "page"));
  for await (const { name } of Deno.readDir(page)) {
    await Deno.copyFile(join(page, name), join(parts, "page", name));
  }
}

/** The bundler's binary for this platform, gzip-compressed, and the hash of what it is unpacked. */
async function packBinary(): Promise<Packed> {
  const { folder } = await packageOf(`npm:${esbuildName.replace("-", "@")}`);
  const binary = await Deno.readFile(
    createRequire(join(folder, "package.json")).resolve(binaryName),
  );
  const packing = new Blob([binary]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Map([
    [packedBinary.gzip, new Uint8Array(await new Response(packing).arrayBuffer())],
    [packedBinary.hash, bytesOf(await scriptIdOf(binary))],
  ]);
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(text));
}

async function writeFacts(
  parts: string,
  packed: Packed,
  where: "behind the runtime" | "as files",
): Promise<void> {
  const facts: Record<string, PackedFact> = {};
  let offset = 0;
  for (const [name, bytes] of packed) {
    const { length } = bytes;
    const behindRuntime = where === "as files" ? undefined : { offset, length };
    facts[name] = { hash: await scriptIdOf(bytes), behindRuntime };
    offset += length;
  }
  await Deno.writeTextFile(join(parts, packedFactsFile), JSON.stringify(facts));
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
 * Puts what is packed between the runtime of an executable of Linux and what is embedded behind it.
 *
 * @returns Whether it did. If these are part of the runtime's file (Deno 2.9), unused data is not read anyway.
 */
async function insertBehindRuntime(
  executable: string,
  packed: Packed,
): Promise<boolean> {
  const whole = await Deno.readFile(executable);
  const end = runtimeEnd(whole);
  if (end === undefined || whole.length <= end) return false;
  const temporary = `${executable}.${crypto.randomUUID()}`;
  const parts = [whole.subarray(0, end), ...packed.values(), whole.subarray(end)];
  try {
    await Deno.writeFile(temporary, new Blob(parts).stream(), { mode: 0o755 });
    await Deno.rename(temporary, executable);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
  return true;
}

/** For an array's `flatMap`: the options that embed a file by its name. */
function included(parts: string): (name: string) => string[] {
  return (name) => ["--include", join(parts, name)];
}

async function writeExecutable(parts: string, options: readonly string[]): Promise<void> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    cwd: root,
    args: [
      // Without the lock file, which would cause every package in it to be embedded.
      ...["compile", "--quiet", "--no-prompt", "--no-check", "--no-config", "--no-lock"],
      ...["--no-code-cache", "--v8-flags=--disallow-code-generation-from-strings,--expose-gc"],
      "--unstable-worker-options",
      ...["read", "write", "net", "run", "env", "sys", "ffi"].map((name) => `--allow-${name}`),
      ...["granted_worker.js", "page", packedFactsFile].flatMap(included(parts)),
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
