/** `farcall init`: make every node run exactly what a file says. */
import { formatMistake, loadConfiguration } from "../lib/config/mod.ts";
import {
  deploy,
  type Deployed,
  type DeployProgress,
  formatBytes,
  formatPlan,
  planToJson,
} from "../lib/deploy/mod.ts";
import { userInfo } from "node:os";
import { printLine, printNote, showsColors, writeNote } from "./output.ts";

/** The options of `init` as they are typed. */
export interface InitCommandOptions {
  dryRun?: true;
  json?: true;
}

/** Checks, bundles, plans, prints the plan, applies, and prints one line. @returns The exit code. */
export async function init(file: string, options: InitCommandOptions): Promise<number> {
  const startedMs = performance.now();
  const configuration = await loadConfiguration(file);
  const progress = new ProgressLine();
  try {
    const deployed = await deploy(configuration, {
      deployer: deployerName(),
      isDryRun: options.dryRun,
      progress,
      onPlan: (plan) => {
        progress.clear();
        if (!options.json) printLine(paint(formatPlan(plan).trimEnd()));
      },
    });
    progress.clear();
    for (const warning of deployed.warnings) printNote(formatMistake(warning));
    const durationMs = Math.round(performance.now() - startedMs);
    if (options.json) printLine(JSON.stringify(outcomeJson(deployed, { ...options, durationMs })));
    else printLine(summary(deployed, { ...options, durationMs }));
    return 0;
  } finally {
    progress.end();
  }
}

function summary(
  { plan, applied }: Deployed,
  { dryRun, durationMs }: { dryRun?: true; durationMs: number },
): string {
  const nodes = `${plan.nodes.length} ${plan.nodes.length === 1 ? "node" : "nodes"}`;
  if (plan.isUnchanged) return `nothing to do: ${nodes} up to date (${durationMs} ms)`;
  const scripts = `${plan.sendCount} ${plan.sendCount === 1 ? "script" : "scripts"}`;
  const sent = `${scripts}, ${formatBytes(plan.sendBytes)}`;
  if (dryRun) return `dry run: nothing was changed; init would send ${sent} (${durationMs} ms)`;
  const where = applied.map(({ name, generation }) => `${name} (generation ${generation})`);
  return `deployed to ${where.join(", ")}: sent ${sent} (${durationMs} ms)`;
}

function outcomeJson(
  { plan, applied, warnings }: Deployed,
  { dryRun, durationMs }: { dryRun?: true; durationMs: number },
): unknown {
  return { dryRun: dryRun ?? false, plan: planToJson(plan), applied, warnings, durationMs };
}

/** Who deploys, for the nodes' logs: `user@host`. */
function deployerName(): string {
  return `${userName()}@${Deno.hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // The user of a container may have no name.
    return `user ${Deno.uid()}`;
  }
}

const colorOf: Record<string, string> = { "+": "32", "~": "33", "-": "31", "!": "33", "=": "2" };

/** Colours a plan's lines by their first sign, on a terminal. */
function paint(text: string): string {
  if (!showsColors("stdout")) return text;
  return text.split("\n").map((line) => {
    const color = colorOf[line.trimStart()[0]];
    return color === undefined ? line : `\x1b[${color}m${line}\x1b[0m`;
  }).join("\n");
}

const progressAfterMs = 500;

const stepNames = {
  bundle: "bundling scripts",
  observe: "asking nodes what they run",
  send: "sending scripts",
  stage: "staging",
  commit: "committing",
} as const;

/** One line on the terminal that says how far it is, once it takes longer than half a second. */
class ProgressLine implements DeployProgress {
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  #text = "";
  #isDue = false;
  #isOnScreen = false;

  constructor() {
    if (!Deno.stderr.isTerminal()) return;
    this.#timer = setTimeout(() => {
      this.#isDue = true;
      this.#draw();
    }, progressAfterMs);
  }

  step(name: keyof typeof stepNames, done: number, total: number): void {
    this.#text = `${stepNames[name]}: ${done} of ${total}`;
    if (this.#isDue) this.#draw();
  }

  /** Makes room for other lines. */
  clear(): void {
    if (this.#isOnScreen) writeNote("\r\x1b[K");
    this.#isOnScreen = false;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.clear();
  }

  #draw(): void {
    writeNote(`\r\x1b[K${this.#text}`);
    this.#isOnScreen = true;
  }
}
