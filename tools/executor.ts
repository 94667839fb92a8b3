/**
 * Writes dist/executor.js, the executor as one file, unless it is there and current: `deno task executor`. Nodes that run
 * from this checkout start their executors from it (lib/executor/supervisor/one_file.ts).
 */
import { fileURLToPath } from "node:url";
import { printNote } from "../cli/output.ts";
import { withEsbuild } from "../lib/deploy/bundle/_esbuild.ts";
import { messageOf } from "../lib/errors/mod.ts";
import { executorFile, type Sources, stampOf } from "../lib/executor/supervisor/one_file.ts";

const root = new URL("../", import.meta.url);

/** Writes the file. @param target Where to; it is there as a whole, or not at all. */
export async function writeExecutorFile(target: URL): Promise<void> {
  const startMs = Date.now();
  const { outputFiles, metafile } = await withEsbuild((esbuild) =>
    esbuild.build({
      absWorkingDir: fileURLToPath(root),
      entryPoints: ["lib/executor/sandbox/child.ts"],
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      platform: "neutral",
      target: "es2024",
      minifyWhitespace: true,
      tsconfigRaw: {},
    })
  );
  const sources: Record<string, string> = {};
  for (const path of Object.keys(metafile.inputs)) {
    const module = new URL(path, root);
    if (Deno.statSync(module).mtime!.getTime() >= startMs) {
      throw new Error(`${path} has just been changed; try again`);
    }
    sources[path] = stampOf(module);
  }
  await Deno.mkdir(new URL("./", target), { recursive: true });
  const temporary = new URL(`${target.href}.${crypto.randomUUID()}`);
  const head = `// ${JSON.stringify(sources satisfies Sources)}\n`;
  await Deno.writeTextFile(temporary, head + outputFiles[0]!.text);
  await Deno.rename(temporary, target);
}

/** Writes dist/executor.js unless it is current. Where it cannot, it says why: executors start without it, too. */
export async function updateExecutorFile(): Promise<void> {
  if (executorFile() !== undefined) return;
  try {
    await writeExecutorFile(new URL("dist/executor.js", root));
  } catch (error) {
    printNote(
      `cannot write dist/executor.js, so executors start from their modules: ${messageOf(error)}`,
    );
  }
}

if (import.meta.main) await updateExecutorFile();
