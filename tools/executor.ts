/**
 * Writes dist/executor.js, the executor as one file, unless it is there and current: `deno task executor`. Nodes that run
 * from this checkout start their executors from it (lib/executor/supervisor/one_file.ts).
 */
import { relative } from "node:path";
import { pathToFileURL } from "node:url";
import { printNote } from "../cli/output.ts";
import { withEsbuild } from "../lib/deploy/bundle/_esbuild.ts";
import { messageOf } from "../lib/errors/mod.ts";
import { executorFile, type Sources, stampOf } from "../lib/executor/supervisor/one_file.ts";

const root = new URL("../", import.meta.url);

/** Writes the file. @param target Where to; it is there as a whole, or not at all. */
export async function writeExecutorFile(target: URL): Promise<void> {
  // As the bundler names it, which follows symbolic links.
  const folder = await Deno.realPath(root);
  const sources: Record<string, string> = {};
  const { outputFiles } = await withEsbuild((esbuild) =>
    esbuild.build({
      absWorkingDir: folder,
      entryPoints: ["lib/executor/sandbox/child.ts"],
      bundle: true,
      write: false,
      format: "esm",
      platform: "neutral",
      target: "es2024",
      minifyWhitespace: true,
      tsconfigRaw: {},
      plugins: [{
        name: "sources",
        setup: (build) =>
          build.onLoad({ filter: /.*/ }, ({ path }) => {
            // Before it is read: where it changes meanwhile, the file is outdated.
            sources[relative(folder, path)] = stampOf(pathToFileURL(path));
            return undefined;
          }),
      }],
    })
  );
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
