/** Calls tools at one of their nodes. */
import type { Farcall, Reply } from "../client/mod.ts";
import {
  FarcallError,
  MessageTooLarge,
  NodeUnreachable,
  Overloaded,
  ServerDraining,
  Unavailable,
} from "../errors/mod.ts";
import { parseJson } from "../encoding/mod.ts";
import { limits } from "../limits/mod.ts";
import { codecOfText } from "../types/mod.ts";
import { valuesOf } from "./_arguments.ts";
import type { RequestContext } from "./_library.ts";
import { Progress } from "./_progress.ts";
import { failureOf, listOf, resultOf, text, type ToolResult } from "./_tool_result.ts";
import type { Tool } from "./tool.ts";

/** Makes calls, a bounded number concurrently. */
export class ToolCalls {
  readonly #farcall: Farcall;
  #underWay = 0;
  /** Round robin over a tool's nodes. */
  #turn = 0;

  constructor(farcall: Farcall) {
    this.#farcall = farcall;
  }

  /** Calls a tool. A failure is a result, too, which the agent reads. */
  async call(
    tool: Tool,
    given: Readonly<Record<string, unknown>>,
    { mcpReq }: RequestContext,
  ): Promise<ToolResult> {
    const items: string[] = [];
    this.#underWay += 1;
    await using progress = new Progress(mcpReq);
    try {
      if (this.#underWay > limits.agents.callsMax) throw tooMany();
      const { value } = await this.#reply(tool, valuesOf(tool, given), mcpReq.signal);
      if (tool.signature.resultStream === undefined) {
        return resultOf(tool, tool.signature.resultToJson(value));
      }
      return await collect(tool, value as AsyncIterable<unknown>, { items, progress });
    } catch (error) {
      if (error instanceof FarcallError) return failureOf(error, items);
      throw error;
    } finally {
      this.#underWay -= 1;
    }
  }

  /** Tries one node after the other, as long as nothing has run. */
  async #reply(tool: Tool, values: readonly unknown[], signal: AbortSignal): Promise<Reply> {
    const { service, rpc, signature, nodes } = tool;
    const first = this.#turn++ % nodes.length;
    const order = [...nodes.slice(first), ...nodes.slice(0, first)];
    const options = { form: "json", types: signature.args, signal } as const;
    let failure: unknown;
    for (const server of order) {
      try {
        return await this.#farcall.reply(service, rpc, values, { ...options, server });
      } catch (error) {
        if (!hasNotRun(error) || signal.aborted) throw error;
        failure ??= error;
      }
    }
    throw failure;
  }
}

function hasNotRun(error: unknown): boolean {
  return error instanceof NodeUnreachable || error instanceof ServerDraining ||
    error instanceof Unavailable || error instanceof Overloaded;
}

function tooMany(): Overloaded {
  return new Overloaded(
    `${limits.agents.callsMax} calls of farcall mcp are under way; call again when one has ended`,
  );
}

/** Reads a stream to its end, or stops it at the bound of a result. */
async function collect(
  tool: Tool,
  stream: AsyncIterable<unknown>,
  { items, progress }: { readonly items: string[]; readonly progress: Progress },
): Promise<ToolResult> {
  const itemType = tool.signature.returns[0]!.slice("Stream[".length, -1);
  const codec = codecOfText(itemType);
  let length = 0;
  for await (const value of stream) {
    const written = codec.write(value, undefined);
    length += written.length;
    if (length > limits.agents.resultBytesMax || items.length >= limits.agents.streamItemsMax) {
      return failureOf(
        new MessageTooLarge(
          "the stream was stopped: farcall mcp keeps no more items of one",
        ),
        items,
      );
    }
    items.push(written);
    progress.addItem(itemType === "str" ? value as string : written);
  }
  const list = listOf(items);
  return { ...resultOf(tool, [parseJson(list)]), content: [text(list)] };
}
