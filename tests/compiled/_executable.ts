/** The executable, alone in an empty folder, on a machine that seems to have nothing else. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Program, repository } from "../_support/commands/cli.ts";
import { Project } from "../_support/nodes/fleet.ts";

const compiled = join(repository, "dist/farcall");

/** The executable and its only folder. */
export interface Executable extends Program {
  /** Contains `farcall`, `home` and `tmp`, and nothing else. */
  readonly project: Project;
}

/** A copy of dist/farcall. Its environment has a home and a folder for temporary files, and no PATH. */
export async function executable(): Promise<Executable> {
  try {
    await Deno.stat(compiled);
  } catch {
    assert.fail("there is no dist/farcall; make it first: deno task compile");
  }
  const project = await Project.create();
  await Deno.copyFile(compiled, project.path("farcall"));
  for (const name of ["home", "tmp"]) await Deno.mkdir(project.path(name));
  return {
    name: "compiled",
    command: project.path("farcall"),
    args: [],
    env: { HOME: project.path("home"), TMPDIR: project.path("tmp") },
    isEnvCleared: true,
    project,
    [Symbol.asyncDispose]: () => project[Symbol.asyncDispose](),
  };
}
