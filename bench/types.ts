/**
 * The cost of the types of 2,000 overloads for the type checker: `deno check` of a program with them, relative to the
 * same program without them, in alternating rounds.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatTypes } from "../lib/client/types_text.ts";
import { formatSummary, formatTable, summarize } from "./measure/stats.ts";

const serviceCount = 200;
const overloadsPerService = 10;
const rounds = Number(Deno.args[0] ?? 7);

const types = ["int", "str", "float", "List[int]", "Optional[str]", "Dict[str, float]"];
const services = Array.from({ length: serviceCount }, (_, service) => ({
  name: `service${service}`,
  description: `Service number ${service}`,
  // Two overloads for each rpc.
  overloads: Array.from({ length: overloadsPerService }, (_, index) => ({
    rpc: `rpc${index >> 1}`,
    description: `Overload number ${index}`,
    args: [types[index % types.length], types[(index + service) % types.length]],
    returns: [types[service % types.length]],
  })),
}));

const folder = await Deno.makeTempDir({ prefix: "farcall-bench-" });
try {
  await Deno.writeTextFile(join(folder, "services.ts"), formatTypes(services));
  const mod = fileURLToPath(new URL("../mod.ts", import.meta.url));
  const program = (isTyped: boolean) =>
    `import { connect } from "${mod}";\n` +
    (isTyped ? 'import type { Services } from "./services.ts";\n' : "") +
    `const farcall = await connect${isTyped ? "<Services>" : ""}("init.yaml");\n` +
    services.map(({ name }) =>
      `farcall.service("${name}").rpc0(${isTyped ? "1 as never, 1 as never" : "1, 1"});\n`
    ).join("");
  const paths = { typed: join(folder, "typed.ts"), untyped: join(folder, "untyped.ts") };
  const times: Record<keyof typeof paths, number[]> = { typed: [], untyped: [] };
  for (let round = 0; round <= rounds; round++) {
    for (const name of ["typed", "untyped"] as const) {
      // Results of checks are cached, so each round has a text of its own.
      await Deno.writeTextFile(paths[name], `${program(name === "typed")}// round ${round}\n`);
      const startedMs = performance.now();
      const { success, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["check", "--quiet", paths[name]],
      }).output();
      if (!success) throw new Error(new TextDecoder().decode(stderr));
      if (round > 0) times[name].push(performance.now() - startedMs);
    }
  }
  const ratios = times.typed.map((time, round) => time / times.untyped[round]);
  const table = formatTable([
    ["`deno check`", "ms: median (least–most)"],
    ["untyped", formatSummary(summarize(times.untyped), 0)],
    ["2,000 overloads", formatSummary(summarize(times.typed), 0)],
    ["ratio", formatSummary(summarize(ratios), 2)],
  ]);
  Deno.stdout.writeSync(new TextEncoder().encode(`${table}\n`));
} finally {
  await Deno.remove(folder, { recursive: true });
}
