/** `farcall init`: make every node run exactly what a file declares, or what it ran before. */
import { type Configuration, formatDiagnostic } from "../../lib/config/mod.ts";
import {
  type AppliedNode,
  deploy,
  type Deployed,
  findInScripts,
  formatBytes,
  formatHistory,
  formatPlan,
  formatStates,
  type Plan,
  planToJson,
  readHistory,
  rollback,
} from "../../lib/deploy/mod.ts";
import { deployerName } from "../deployer_name.ts";
import type { PastState, StatePublisher } from "../../lib/fleet/mod.ts";
import { keyFor, keyPath } from "../key.ts";
import { readConfiguration } from "../configuration.ts";
import { readPublicKeys } from "../public_keys.ts";
import { confirmLosses } from "./_confirmation.ts";
import { ProgressLine } from "./_progress_line.ts";
import { exitWouldChange } from "../exit_codes.ts";
import { configurationFile, standardInputName } from "../settings.ts";
import {
  type Color,
  coloredLines,
  type Printable,
  printLine,
  printNote,
  reportLine,
  UsageError,
} from "../output.ts";

/** The options of `init` as they are typed. */
export interface InitCommandOptions {
  config?: string;
  dryRun?: true;
  json?: true;
  verbose?: true;
  only?: string;
  key?: string;
  history?: true;
  /** `true` without a generation. */
  rollback?: string | true;
  trust?: string[];
  sign?: true;
  watch?: true;
  takeOver?: true;
  yes?: true;
}

/** The longest plan that is shown in full. */
const planLinesMax = 60;

/** Runs the command. @returns The exit code. */
export async function init(
  argument: string | undefined,
  options: InitCommandOptions,
): Promise<number> {
  if (options.history && options.rollback !== undefined) {
    throw new UsageError("--history and --rollback are two commands; give one of them");
  }
  if (options.trust && options.rollback === undefined) {
    throw new UsageError(
      "--trust says whose generations --rollback may restore; give --rollback, too",
    );
  }
  if (options.trust && keyPath(options.key) === undefined) {
    throw new UsageError(
      "--trust says whose generations your key re-signs; give the key, too: --key FILE, or FARCALL_KEY",
    );
  }
  if (options.sign && (options.history || options.rollback !== undefined)) {
    throw new UsageError(
      "--sign signs what runs now; it goes with neither --history nor --rollback",
    );
  }
  if (options.sign && keyPath(options.key) === undefined) {
    throw new UsageError("--sign needs the key to sign with: --key FILE, or FARCALL_KEY");
  }
  const file = await configurationFile(argument, options);
  if (options.watch) {
    if (file === standardInputName) {
      throw new UsageError("--watch needs a file; standard input is read once");
    }
    if (options.history || options.dryRun || options.rollback !== undefined || options.takeOver) {
      throw new UsageError("--watch deploys; it goes with --only, --verbose and --json alone");
    }
    const { watch } = await import("./watch.ts");
    return await watch(file, (configuration, reads) => change(configuration, options, reads));
  }
  if (options.takeOver && (options.history || options.dryRun)) {
    throw new UsageError(
      "--take-over ends another deployment; --history and --dry-run change nothing",
    );
  }
  const configuration = await readConfiguration(file, { findInScripts });
  if (options.history) return await history(configuration, options);
  const { plan } = await change(configuration, options);
  return options.dryRun && !plan.isUnchanged ? exitWouldChange : 0;
}

/**
 * Deploys to the nodes of the file and the present nodes of its fleet; absent nodes follow the desired state.
 *
 * @param reads Collects the paths of all sources that were looked for.
 */
async function change(
  configuration: Configuration,
  options: InitCommandOptions,
  reads?: Set<string>,
): Promise<Done> {
  if (configuration.nats === undefined) return await changeNodes(configuration, options, { reads });
  const [{ FleetView, withoutAbsentNodes }, { formatMembers }] = await Promise.all([
    import("../../lib/fleet/mod.ts"),
    import("./fleet_text.ts"),
  ]);
  await using fleet = await FleetView.open(configuration.nats);
  const members = await fleet.members();
  // A deployment to some nodes does not define the fleet's desired state.
  const state = options.only === undefined ? await fleet.state(members) : undefined;
  const done = await changeNodes(withoutAbsentNodes(configuration, members.present), options, {
    reads,
    state,
    labels: new Map([...members.present].map(([name, { labels }]) => [name, labels])),
  });
  if (done.state !== undefined) await state?.clean();
  if (!options.json && !options.dryRun) {
    reportLine(formatMembers(fleet.fleet, await fleet.members(), done.state));
  }
  return done;
}

/** Plans, prints the plan, applies, and prints one line. */
async function changeNodes(
  configuration: Configuration,
  options: InitCommandOptions,
  { reads, state, labels = new Map() }: {
    readonly reads?: Set<string> | undefined;
    /** The present nodes of the fleet. */
    readonly labels?: ReadonlyMap<string, readonly string[]>;
    readonly state?: StatePublisher | undefined;
  },
): Promise<Done> {
  const startedMs = performance.now();
  const progress = new ProgressLine();
  const print = options.dryRun ? printLine : reportLine;
  const deployOptions = {
    deployer: deployerName(),
    key: await keyFor(options.key),
    isDryRun: options.dryRun,
    takesOver: options.takeOver,
    only: namesIn(options.only),
    isSigningAll: options.sign,
    progress,
    reads,
    state,
    onPlan: async (plan: Plan) => {
      progress.clear();
      const linesMax = options.verbose ? Infinity : planLinesMax;
      if (!options.json) print(paint(formatPlan(plan, { linesMax }).trimEnd()));
      if (!options.dryRun && !options.yes) await confirmLosses(plan);
    },
  };
  try {
    const done: Done = options.rollback === undefined
      ? await deploy(configuration, deployOptions)
      : await rollBack(options.rollback);
    progress.clear();
    for (const warning of done.warnings ?? []) printNote(formatDiagnostic(warning));
    const durationMs = Math.round(performance.now() - startedMs);
    if (options.json) print(JSON.stringify(outcomeJson(done, { ...options, durationMs })));
    else print(summary(done, { ...options, durationMs }));
    return done;
  } finally {
    progress.end();
  }

  /** Rolls back: a fleet to one of its states, other nodes to their generations. */
  async function rollBack(typed: string | true): Promise<Done> {
    const number = generationIn(typed);
    const trusted = options.trust && new Set(await readPublicKeys("--trust", options.trust));
    if (state === undefined) {
      return await rollback(configuration, { ...deployOptions, generation: number, trusted });
    }
    const { rollbackState } = await import("../../lib/deploy/rollback_state.ts");
    return await rollbackState(configuration, { ...deployOptions, state, labels, number, trusted });
  }
}

async function history(written: Configuration, options: InitCommandOptions): Promise<number> {
  const { configuration, states } = await withStates(written);
  const deployments = await readHistory(configuration, {
    only: namesIn(options.only),
    key: await keyFor(options.key),
  });
  if (!options.json && states.length > 0) {
    printLine(`fleet ${written.nats!.fleet}\n${formatStates(states)}`);
  }
  if (options.json) {
    printLine(JSON.stringify({ ...(written.nats && { states }), deployments }));
  } else if (deployments.length === 0) printLine("nothing was deployed to these nodes yet");
  else printLine(formatHistory(deployments).trimEnd());
  return 0;
}

/** The present nodes of a fleet, and the states that its store keeps. */
async function withStates(
  configuration: Configuration,
): Promise<{ configuration: Configuration; states: readonly PastState[] }> {
  if (configuration.nats === undefined) return { configuration, states: [] };
  const { FleetView, withoutAbsentNodes } = await import("../../lib/fleet/mod.ts");
  await using fleet = await FleetView.open(configuration.nats);
  const members = await fleet.members();
  const state = await fleet.state(members);
  return {
    configuration: withoutAbsentNodes(configuration, members.present),
    states: await state?.history() ?? [],
  };
}

function namesIn(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  const names = text.split(",").map((name) => name.trim()).filter((name) => name !== "");
  if (names.length > 0) return names;
  throw new UsageError("--only takes names of servers: --only s1,s2");
}

function generationIn(text: string | true): number | undefined {
  if (text === true) return undefined;
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new UsageError(
    `"${text}" is not a generation; --rollback takes its number, see --history` +
      " (FILE goes before --rollback, or behind --)",
  );
}

/** The plan and result; a rollback has no script warnings. */
export type Done = Pick<Deployed, "plan" | "applied"> & Partial<Deployed>;

function summary(
  { plan, applied }: Done,
  { dryRun, rollback, durationMs }: InitCommandOptions & { durationMs: number },
): string {
  const nodes = `${plan.nodes.length} ${plan.nodes.length === 1 ? "node" : "nodes"}`;
  if (plan.isUnchanged) return `nothing to do: ${nodes} up to date (${durationMs} ms)`;
  const scripts = `${plan.sendCount} ${plan.sendCount === 1 ? "script" : "scripts"}`;
  const sent = plan.sendCount === 0 ? "no script" : `${scripts}, ${formatBytes(plan.sendBytes)}`;
  if (dryRun) {
    const would = rollback === undefined ? `init would send ${sent}` : "init would roll back";
    return `dry run: nothing was changed; ${would} (${durationMs} ms)`;
  }
  const where = appliedText(applied);
  return rollback === undefined
    ? `deployed to ${where}: sent ${sent} (${durationMs} ms)`
    : `rolled back ${where} (${durationMs} ms)`;
}

/** Maximum nodes named in the last line; others are counted. */
const nodesNamedMax = 8;

function appliedText(applied: readonly AppliedNode[]): string {
  if (applied.length > nodesNamedMax) return `${applied.length} nodes`;
  return applied.map(({ name, generation }) => `${name} (generation ${generation})`).join(", ");
}

function outcomeJson(
  { plan, applied, warnings = [] }: Done,
  { dryRun, durationMs }: { dryRun?: true; durationMs: number },
): unknown {
  return { dryRun: dryRun ?? false, plan: planToJson(plan), applied, warnings, durationMs };
}

const colorOf: Readonly<Record<string, Color>> = {
  "+": "green",
  "~": "yellow",
  "-": "red",
  "!": "yellow",
  "=": "dim",
};

/** Colours a plan's lines by their first character. */
function paint(text: string): Printable {
  return coloredLines(text, (line) => colorOf[line.trimStart()[0]!]);
}
