/** `farcall explain`: how a call would be treated, and why. */
import { addressOf, type CallExplanation, formatNode, wayText } from "../../lib/client/mod.ts";
import { type ScriptCallEdge, scriptCallEdges } from "../../lib/config/mod.ts";
import { type ErrorCode, exceptionOf } from "../../lib/errors/mod.ts";
import { formatQuantity } from "../../lib/manifest/mod.ts";
import { formatSignature } from "../../lib/types/mod.ts";
import { scriptIdShownLength } from "../../lib/identity/mod.ts";
import { type CallCommandOptions, connectFor, readCall } from "../call/call_arguments.ts";
import { exitCodeOf, exitUnreachable } from "../exit_codes.ts";
import { printLine } from "../output.ts";
import { callerSettings } from "../settings.ts";
import { readConfiguration } from "../configuration.ts";
import { type SettingName, variables } from "../usage/variables.ts";

/** Prints the explanation. @returns The exit code of the call if it would be refused. */
export async function explain(
  target: string,
  args: readonly string[],
  typed: CallCommandOptions,
): Promise<number> {
  const options = await callerSettings(typed);
  const { service, rpc, values, callOptions } = await readCall(target, args, options);
  await using farcall = await connectFor(options);
  const found = await farcall.explain(service, rpc, values, callOptions);
  const edges = await scriptCallsOf(service, options);
  if (options.json) {
    const scriptCalls = edges.map(({ servers, ...edge }) => {
      return { ...edge, nodes: servers.map(({ name }) => name) };
    });
    const said = { ...jsonOf(found), settings: settingsOf(options), scriptCalls };
    printLine(JSON.stringify(said));
  } else {
    const target = { service, rpc, hedgeMs: callOptions.hedgeMs };
    const [call, ...others] = sections(found, target);
    const settings = settingsOf(options).map(({ name, value, from }) =>
      `${name} ${value}: ${from}`
    );
    const calls = ["script", edges.map(formatEdge)] as const;
    for (const section of [call, ["settings", settings] as const, ...others, calls]) {
      if (section !== undefined) printSection(...section);
    }
  }
  const isMissing = ["RPC Not Found", "Service Not Found"];
  if (found.providers.some(({ says }) => isMissing.includes(says?.exception?.type ?? ""))) {
    const { printMeant } = await import("./list.ts");
    await printMeant({ service, rpc }, options);
  }
  return exitCode(found);
}

/** The rpcs that the script may call, from init.yaml; nodes do not tell callers. */
async function scriptCallsOf(
  service: string,
  { config }: CallCommandOptions,
): Promise<ScriptCallEdge[]> {
  if (config === undefined) return [];
  const configuration = await readConfiguration(config, { scripts: "ignore" });
  return scriptCallEdges(configuration).filter(({ caller }) => caller === service);
}

function formatEdge({ node, service, rpcs, isHere, servers }: ScriptCallEdge): string {
  const others = servers.map((server) => formatNode(addressOf(server))).join(", ");
  const where = [...(isHere ? ["there"] : []), ...(others === "" ? [] : [`on ${others}`])];
  const called = rpcs.map((rpc) => `${service}.${rpc}`).join(", ");
  return `on ${node} may call ${called} ${where.join(", else ")}`;
}

/** The call's settings, and their sources. */
function settingsOf({ origins, ...options }: CallCommandOptions): readonly Setting[] {
  return (Object.keys(variables) as SettingName[]).flatMap((name) => {
    const [value, from] = [options[name], origins?.[name]];
    return value === undefined || from === undefined ? [] : [{ name, value, from }];
  });
}

interface Setting {
  readonly name: SettingName;
  readonly value: string;
  /** An option, a variable, or where the file was found. */
  readonly from: string;
}

type Section = readonly [title: string, lines: readonly string[]];

/** The explained call. */
interface Target {
  readonly service: string;
  readonly rpc: string;
  readonly hedgeMs: number | undefined;
}

function sections(found: CallExplanation, target: Target): Section[] {
  const { providers, overloads, problem, timeoutMs } = found;
  const { service, rpc } = target;
  const first = providers.find(({ says }) => says !== undefined);
  const says = first?.says;
  const chosen = overloads.find(({ reason }) => reason === undefined);
  const identity = says?.client === undefined
    ? [says?.exception?.message ?? "unknown: no provider answers"]
    : says.identities.map(({ client, reason }) =>
      client === says.client ? `${client}: ${reason}` : `not ${client}: ${reason}`
    ).sort((a, b) => Number(a.startsWith("not ")) - Number(b.startsWith("not ")));
  return [
    ["call", [`${service}.${rpc}`]],
    ["identity", identity],
    [
      "overload",
      overloads.length === 0 ? ["none that this caller may call"] : [
        ...(chosen === undefined
          ? [problem === undefined ? "none that this caller may call" : `none: ${problem}`]
          : [formatSignature(rpc, chosen.signature)]),
        ...overloads.filter((each) => each !== chosen).map(({ signature, reason }) =>
          `not ${formatSignature(rpc, signature)}: ${reason}`
        ),
      ],
    ],
    ["provider", providers.map((provider) => providerLine(provider, provider === first, found))],
    ["deadline", [deadlineLine(timeoutMs, says?.timeoutMs)]],
    ["retries", retryLines(found, target)],
  ];
}

function retryLines({ attempts, providers }: CallExplanation, { rpc, hedgeMs }: Target): string[] {
  if (attempts === undefined) return [];
  const { isIdempotent, retries } = attempts;
  const once = providers.length === 1 ? "tried once" : "each provider is tried once";
  const again = providers.length === 1 ? "again" : "all of them again";
  const lines = [
    retries === 0
      ? `none: ${once}`
      : `${retries}: ${once}, then ${again}, up to ${retries} ${retries === 1 ? "time" : "times"}`,
    isIdempotent
      ? `even if it may have run: ${rpc} is idempotent`
      : `only if it has certainly not run: ${rpc} is not idempotent`,
  ];
  if (hedgeMs === undefined) return lines;
  const hedge = formatQuantity(hedgeMs, "duration");
  if (attempts.hedgeMs !== undefined) lines.push(`a second provider is asked after ${hedge}`);
  else {
    const reason = isIdempotent ? "there is no other" : `${rpc} is not idempotent`;
    lines.push(`no second provider is asked after ${hedge}: ${reason}`);
  }
  return lines;
}

function providerLine(
  { node, says, problem, script, way }: CallExplanation["providers"][number],
  isFirst: boolean,
  { overloads }: CallExplanation,
): string {
  if (says === undefined) return `not ${node}: ${problem}`;
  const serves = says.isEmbedded
    ? "embedded"
    : says.generation === 0
    ? "nothing deployed"
    : `generation ${says.generation}`;
  const state = way === undefined ? serves : `${wayText(way)}, ${serves}`;
  const order = isFirst ? "" : "else ";
  if (says.exception !== undefined) {
    return `${order}${node}, ${state}: ${says.exception.type}: ${says.exception.message}`;
  }
  const isChosen = overloads.some(({ reason }) => reason === undefined);
  const what = script !== undefined
    ? `script ${script.slice(0, scriptIdShownLength)}`
    : isChosen
    ? "does not have this overload; run init"
    : "no script";
  return `${order}${node}, ${state}: ${what}`;
}

function deadlineLine(timeoutMs: number, serviceMs: number | undefined): string {
  const asked = formatQuantity(timeoutMs, "duration");
  if (serviceMs === undefined) return asked;
  const allowed = formatQuantity(serviceMs, "duration");
  return serviceMs < timeoutMs
    ? `${allowed}: the service allows no more, of ${asked} asked for`
    : `${asked}; the service allows ${allowed}`;
}

const titleWidth = "identity".length + 2;

function printSection(title: string, lines: readonly string[]): void {
  lines.forEach((line, index) =>
    printLine((index === 0 ? title : "").padEnd(titleWidth) + line.replaceAll("\n", " "))
  );
}

function exitCode({ providers, overloads, problem }: CallExplanation): number {
  const says = providers.find((provider) => provider.says !== undefined)?.says;
  if (says === undefined) return exitUnreachable;
  if (says.exception !== undefined) {
    return exitCodeOf(exceptionOf(says.exception.type, says.exception.message).code as ErrorCode);
  }
  return problem !== undefined || overloads.length === 0 ? exitCodeOf("Invalid Arguments") : 0;
}

function jsonOf(found: CallExplanation): Record<string, unknown> {
  const { providers, overloads, problem, timeoutMs, attempts } = found;
  return {
    providers: providers.map(({ node, says, problem, script, way }) => ({
      node,
      way: way ?? null,
      says: says ?? null,
      problem: problem ?? null,
      script: script ?? null,
    })),
    overloads: overloads.map(({ signature, reason }) => ({
      args: signature.args,
      returns: signature.returns,
      isChosen: reason === undefined,
      reason: reason ?? null,
    })),
    problem: problem ?? null,
    timeoutMs,
    attempts: attempts === undefined ? null : { ...attempts, hedgeMs: attempts.hedgeMs ?? null },
  };
}
