/** Checks scripts with a TypeScript compiler, if one is found: it infers types that a function's text does not show. */
import { type Diagnostic, InternalError, messageOf } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import { delimiter, dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { FunctionPosition } from "./check.ts";
import { formatScriptTypes, keyOf, type ScriptFunction, type ScriptTypes } from "./script_types.ts";

/** A program that checks types. */
export interface Compiler {
  readonly kind: "deno" | "tsc";
  readonly path: string;
  /** For messages: `deno 2.9.6`. */
  readonly name: string;
}

/**
 * Finds a `deno`, or else a `tsc`, in a `node_modules/.bin` of these folders or on PATH; or uses the runtime of this
 * process.
 *
 * @param folders Absolute paths, the nearest first.
 */
export async function findCompiler(folders: readonly string[]): Promise<Compiler | undefined> {
  const searched = [
    ...folders.map((folder) => join(folder, "node_modules", ".bin")),
    ...(Deno.env.get("PATH") ?? "").split(delimiter).filter((path) => path !== ""),
  ];
  for (const kind of ["deno", "tsc"] as const) {
    const paths = searched.map((folder) => join(folder, kind));
    if (kind === "deno" && !Deno.build.standalone) paths.push(Deno.execPath());
    for (const path of paths) {
      const version = await versionOf(path);
      if (version !== undefined) return { kind, path, name: `${kind} ${version}` };
    }
  }
  return undefined;
}

async function versionOf(path: string): Promise<string | undefined> {
  try {
    if (!(await Deno.stat(path)).isFile) return undefined;
    const { success, stdout } = await run(path, ["--version"], dirname(path));
    return success ? /\b\d{1,4}\.\d{1,4}\.\d{1,4}/.exec(stdout)?.[0] : undefined;
  } catch {
    return undefined;
  }
}

/** The location of the scripts. */
export interface CompileOptions {
  /** The absolute path of init.yaml's folder. */
  readonly folder: string;
  /** The same, for messages. */
  readonly shownFolder: string;
  /** Locates a function; undefined if unknown. */
  readonly positionOf: (declared: ScriptFunction) => Promise<FunctionPosition | undefined>;
}

/**
 * Checks scripts against their signatures in init.yaml with a compiler.
 *
 * @returns The mismatches, and all other errors that the compiler finds in the scripts.
 * @throws {InternalError} If it fails unexpectedly; the details show its output.
 */
export async function compileScripts(
  { kind, path, name }: Compiler,
  functions: readonly ScriptFunction[],
  options: CompileOptions,
): Promise<Diagnostic[]> {
  const { folder } = options;
  const types = formatScriptTypes(functions, (script) => resolve(folder, script));
  const temporary = await Deno.makeTempDir({ prefix: "farcall-types-" });
  try {
    const file = join(await Deno.realPath(temporary), "scripts.ts");
    await Deno.writeTextFile(file, types.text);
    const args = kind === "deno" ? ["check", "--no-lock", file] : [...tscFlags, file];
    const { success, stdout, stderr } = await run(path, args, folder);
    if (success) return [];
    const found = kind === "deno" ? denoMessages(stderr) : tscMessages(stdout, folder);
    if (found.length === 0) {
      const said = (stderr + stdout).trim().split("\n").slice(0, linesShownMax).join("\n");
      throw new InternalError(`${name} failed to check the types of the scripts`, {
        details: [said],
      });
    }
    const meant = found.filter(({ text }) => !isAboutModule(text));
    const placed = meant.slice(0, limits.mistakesMax).map((each) =>
      diagnosticOf(each, { ...options, types, file })
    );
    return await Promise.all(placed);
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
}

/** Lines of a compiler's output that are shown if it cannot be parsed. */
const linesShownMax = 20;

const tscFlags = ["--noEmit", "--strict", "--skipLibCheck", "--target", "esnext"]
  .concat("--module", "esnext", "--moduleResolution", "bundler", "--allowImportingTsExtensions")
  .concat("--resolveJsonModule", "--lib", "esnext,dom", "--pretty", "false");

/** Whether a message is about a missing module or its types: ignored, because bundling found all modules. */
function isAboutModule(text: string): boolean {
  return /^TS(?:2307|2732|7016)\b/.test(text);
}

/** A compiler's message about one position. */
interface Message {
  /** `TS2304: Cannot find name "b".` and the explaining lines. */
  readonly text: string;
  /** Absolute. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Deno's format: `TS1360 [ERROR]: …`, the marked source line, and `at file:///…:2:7`, separated by blank lines. */
function denoMessages(stderr: string): Message[] {
  const found: Message[] = [];
  for (const block of stderr.split("\n\n")) {
    const lines = block.split("\n");
    const start = lines.findIndex((line) => /^TS\d{1,6} \[ERROR\]: /.test(line));
    const position = /^ {4}at (file:\/\/.*):(\d{1,9}):(\d{1,9})$/.exec(lines.at(-1) ?? "");
    if (start < 0 || position === null) continue;
    const text = lines.slice(start, -1).filter((line, index) =>
      index === 0 || /^ {2,}\S/.test(line)
    );
    const marks = lines.findIndex((line) => /^\s*~+\s*$/.test(line));
    // The source line itself may be indented, too.
    const own = marks > 0
      ? text.filter((line) => line !== lines[marks - 1] && !line.includes("~~"))
      : text;
    found.push({
      text: own.join("\n").replace(" [ERROR]", ""),
      file: fileURLToPath(position[1]!),
      line: Number(position[2]),
      column: Number(position[3]),
    });
  }
  return found;
}

/** tsc's format: `s/add.ts(2,7): error TS1360: …`, followed by indented lines. */
function tscMessages(stdout: string, folder: string): Message[] {
  const found: { text: string; file: string; line: number; column: number }[] = [];
  for (const line of stdout.split("\n")) {
    const match = /^(.+)\((\d{1,9}),(\d{1,9})\): error (TS\d{1,6}: .*)$/.exec(line);
    if (match !== null) {
      found.push({
        text: match[4]!,
        file: resolve(folder, match[1]!),
        line: Number(match[2]),
        column: Number(match[3]),
      });
    } else if (found.length > 0 && line.startsWith("  ")) found.at(-1)!.text += `\n${line}`;
  }
  return found;
}

/** Converts a message; one about an assertion is reported at its script. */
async function diagnosticOf(
  { text, file, line, column }: Message,
  { types, file: own, folder, shownFolder, positionOf }: CompileOptions & {
    readonly types: ScriptTypes;
    readonly file: string;
  },
): Promise<Diagnostic> {
  const said = text.replace(/^TS\d{1,6}: /, "");
  const [first = "", ...rest] = said.split("\n").map((each) => each.trim());
  const hint = rest.length > 0 ? { hint: rest.join(" ") } : {};
  const declared = file === own ? types.assertions.get(line) : undefined;
  if (declared !== undefined) {
    return {
      ...await positionOf(declared) ??
        { file: join(shownFolder, declared.path), line: 1, column: 1 },
      message: `this function does not fit ${keyOf(declared)} of ${declared.declaredAt}: ${first}`,
      ...hint,
    };
  }
  const path = relative(folder, file).replaceAll(sep, "/");
  const source = await Deno.readTextFile(file).catch(() => "");
  const sourceLine = source.split("\n")[line - 1] ?? "";
  return { file: join(shownFolder, path), line, column, message: first, ...hint, sourceLine };
}

/** Runs a program with only the environment variables that it needs. */
async function run(
  path: string,
  args: readonly string[],
  cwd: string,
): Promise<{ success: boolean; stdout: string; stderr: string }> {
  const names = ["PATH", "HOME", "DENO_DIR", "XDG_CACHE_HOME", "TMPDIR", "SystemRoot"];
  const env: Record<string, string> = { NO_COLOR: "1" };
  for (const name of names) {
    const value = Deno.env.get(name);
    if (value !== undefined) env[name] = value;
  }
  try {
    const command = new Deno.Command(path, {
      args: [...args],
      cwd,
      env,
      clearEnv: true,
      stdin: "null",
    });
    const { success, stdout, stderr } = await command.output();
    const decoder = new TextDecoder();
    return { success, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  } catch (cause) {
    return { success: false, stdout: "", stderr: messageOf(cause) };
  }
}
