/** Formats records. */
import { escapeControls, escapeControlsInJson } from "./escape_controls.ts";
import type { LogFields, LogRecord } from "./mod.ts";

/** One JSON object a line: `time` (ISO 8601), `epochMs` (UNIX epoch, milliseconds), level, event, fields. */
export function formatJson({ epochMs, level, event, fields }: LogRecord, node?: string): string {
  const time = new Date(epochMs).toISOString();
  const line = JSON.stringify({ node, time, epochMs, level, event, ...fields });
  return `${escapeControlsInJson(line)}\n`;
}

const colorOf: Record<string, string> = { debug: "2", info: "32", warn: "33", error: "31" };

/** A line of text, with multi-line fields below it. Names the node if there are several. */
export function formatText(
  { epochMs, level, event, fields }: LogRecord,
  colors: boolean,
  node?: string,
): string {
  const shownLevel = level.padEnd(5);
  const painted = colors ? `\x1b[${colorOf[level] ?? "0"}m${shownLevel}\x1b[0m` : shownLevel;
  const time = new Date(epochMs).toISOString();
  const { line, block } = formatFields(fields);
  const where = node === undefined ? "" : `${node} `;
  return `${time} ${painted} ${where}${event.padEnd(19)}${line}\n${block}`;
}

/** Fields that may have several lines; no other text from peers can begin a line. */
const blockFields = new Set(["stack", "stderrTail", "text"]);

/** `name=value` pairs on the line; multi-line fields below it, indented. */
function formatFields(fields: LogFields): { line: string; block: string } {
  let line = "";
  let block = "";
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const text = escapeControls(String(value));
    if (blockFields.has(name) && text.includes("\n")) {
      block += `    ${name}: ${text.replaceAll("\n", "\n      ")}\n`;
    } else line += ` ${name}=${/^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)}`;
  }
  return { line, block };
}
