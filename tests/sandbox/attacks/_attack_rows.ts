/**
 * The section "Attacks" of docs/security.md, generated from the table of attacks. Run as a program, this file writes
 * it.
 */
import { type Attack, attacks, type Expected } from "./attacks.ts";

const heading = "## Attacks";
const introduction =
  `Every test run mounts each of these attacks on a node, under \`deno run\` and in the compiled executable
(\`tests/sandbox/attacks/attacks.ts\`). A smuggled script was placed straight in the node's store, to see what holds should the
check of arriving scripts fail.

An outcome ending in "Error" is thrown inside the script, an exception of farcall's ("Execution Exception", "Message Too
Large") ends the call, and "no effect" means that the call returns normally and the attack achieved nothing.`;

/** A row for every attack. */
export function attackRows(): string[] {
  return attacks.map((attack) =>
    `| ${cell(attack.name)} | ${whatHappens(attack)} | ${cell(attack.why)} |`
  );
}

function whatHappens({ expected, name }: Attack): string {
  if ("refused" in expected) return "deployment refused";
  if ("exception" in expected) return expected.code ?? "Execution Exception";
  return name.startsWith("patch ") ? "TypeError" : harmless(expected);
}

function harmless({ value }: Extract<Expected, { value: unknown }>): string {
  const error = value instanceof RegExp && /^\^\(?(\w+Error)/.exec(value.source)?.[1];
  if (error) return error;
  if (value instanceof RegExp && value.source.includes("NotCapable")) {
    return "Error";
  }
  return "no effect";
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "\\<").replaceAll("__", "\\_\\_");
}

if (import.meta.main) {
  const path = new URL("../../../docs/security.md", import.meta.url);
  const text = await Deno.readTextFile(path);
  const start = text.indexOf(`${heading}\n`);
  const rest = start === -1 ? "" : text.slice(start + heading.length);
  const next = rest.indexOf("\n## ");
  const after = next === -1 ? "" : rest.slice(next + 1);
  const before = (start === -1 ? text : text.slice(0, start)).trimEnd();
  const table = ["| attack | outcome | why |", "|---|---|---|", ...attackRows()].join(
    "\n",
  );
  const section = `${heading}\n\n${introduction}\n\n${table}\n`;
  await Deno.writeTextFile(path, `${before}\n\n${section}${after === "" ? "" : `\n${after}`}`);
}
