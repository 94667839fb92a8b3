/** Results of calls in the Model Context Protocol: text for models, and a structured value if possible. */
import { MessageTooLarge } from "../errors/mod.ts";
import type { FarcallError } from "../errors/mod.ts";
import { stringifyJson } from "../encoding/mod.ts";
import { limits } from "../limits/mod.ts";
import { isBytes, isDict, type Tool } from "./tool.ts";

/** The answer to `tools/call`. */
export interface ToolResult {
  readonly content: readonly object[];
  readonly structuredContent?: object;
  readonly isError?: true;
  readonly _meta?: object;
}

/**
 * The result of a call.
 *
 * @param json The returned value, as native JSON.
 * @throws {MessageTooLarge} If it exceeds what programs accept.
 */
export function resultOf({ service, rpc, signature }: Tool, json: readonly unknown[]): ToolResult {
  const { returns } = signature;
  if (returns.length === 0) return { content: [text("done; it returns nothing")] };
  const value = returns.length === 1 ? json[0] : json;
  if (isBytes(returns)) {
    const blob = value as string;
    checkSize(blob.length);
    const uri = `farcall://${service}/${rpc}`;
    const resource = { uri, mimeType: "application/octet-stream", blob };
    return { content: [{ type: "resource", resource }] };
  }
  const written = returns[0] === "str" && returns.length === 1
    ? value as string
    : stringifyJson(value);
  checkSize(written.length);
  const plain = withoutBigints(value);
  return {
    content: [text(written)],
    structuredContent: isDict(returns) ? plain as object : { result: plain },
  };
}

/** The result of a failed call: the agent reads the exception's name and message, and may correct itself. */
export function failureOf(error: FarcallError, items: readonly string[] = []): ToolResult {
  const lines = [`${error.code}: ${error.message}`, ...error.details];
  if (items.length > 0) lines.push(`(after ${items.length} items, which are above)`);
  return {
    content: [...(items.length === 0 ? [] : [text(listOf(items))]), text(lines.join("\n"))],
    isError: true,
    _meta: { "farcall/exception": error.code, "farcall/node": error.node },
  };
}

/** Items of a stream as a JSON list. */
export function listOf(items: readonly string[]): string {
  return `[${items.join(", ")}]`;
}

/** A part of a result for models. */
export function text(text: string): object {
  return { type: "text", text };
}

function checkSize(length: number): void {
  const most = limits.agents.resultBytesMax;
  if (length <= most) return;
  throw new MessageTooLarge(
    `the result has ${length} characters as JSON, and farcall mcp passes on ${most}; ask for less of it`,
  );
}

/** Converts integers beyond 2^53 to texts, because JSON parsers would round them. */
function withoutBigints(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return value.map(withoutBigints);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withoutBigints(item)]),
  );
}
