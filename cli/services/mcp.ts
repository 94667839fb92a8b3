/** `farcall mcp`: a fleet's rpcs as tools for agents. */
import { checkPattern, FleetTools, serveHttp, serveStdio, ToolRules } from "../../lib/mcp/mod.ts";
import { type CallCommandOptions, connectFor } from "../call/call_arguments.ts";
import { Interruption } from "../interruption.ts";
import { printNote, reportLine, UsageError } from "../output.ts";
import { callerSettings, standardInputName } from "../settings.ts";

/** The options of `mcp` as they are typed. */
export interface McpCommandOptions
  extends Pick<CallCommandOptions, "config" | "server" | "tls" | "as" | "key" | "timeout"> {
  http?: number;
  allow?: string[];
  deny?: string[];
  confirm?: string[];
}

/** Serves agents until they disconnect, or until it is interrupted. @returns The exit code. */
export async function mcp(file: string | undefined, typed: McpCommandOptions): Promise<number> {
  if (file !== undefined && typed.config !== undefined) {
    throw new UsageError("FILE and --config both name the file; give one of them");
  }
  if ([file, typed.config].includes(standardInputName)) {
    throw new UsageError("mcp needs a file: standard input is where its client speaks");
  }
  const { http, allow, deny, confirm, ...others } = typed;
  const rules = new ToolRules({
    allow: patternsIn("--allow", allow),
    deny: patternsIn("--deny", deny),
    confirm: patternsIn("--confirm", confirm),
  });
  const settings = await callerSettings({ ...others, config: file ?? others.config });
  // A file on the command line takes precedence over a node in the environment.
  const isTyped = settings.origins.server === "--server";
  if (file !== undefined && !isTyped) settings.server = undefined;
  using interruption = new Interruption();
  await using farcall = await connectFor(settings);
  const report = (text: string): void => printNote(`farcall mcp: ${text}`);
  using tools = await FleetTools.of(farcall, { rules, report });
  const { signal } = interruption;
  const served = { farcall, tools };
  if (http === undefined) await serveStdio(served, { signal, report });
  else await serveHttp(served, { port: http, signal, report, onListen: reportLine });
  return 0;
}

/** The patterns of a repeatable option, which may also have several in one value. */
function patternsIn(
  option: string,
  given: readonly string[] | undefined,
): readonly string[] | undefined {
  const patterns = given?.flatMap((text) => text.split(",")).map((pattern) => pattern.trim());
  for (const pattern of patterns ?? []) {
    const mistake = checkPattern(pattern);
    if (mistake !== undefined) throw new UsageError(`${option}: ${mistake}`);
  }
  return patterns;
}
