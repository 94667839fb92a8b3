/** The handlers of one client's connection: `tools/list` and `tools/call`. */
import type { Farcall } from "../client/mod.ts";
import { FarcallError } from "../errors/mod.ts";
import { fromBase64, toBase64 } from "../encoding/mod.ts";
import { limits } from "../limits/mod.ts";
import { version } from "../protocol/mod.ts";
import {
  invalidParams,
  type McpConnection,
  type McpLibrary,
  type RequestContext,
  type ToolRequest,
} from "./_library.ts";
import type { FleetTools } from "./fleet_tools.ts";
import type { Tool } from "./tool.ts";
import { ToolCalls } from "./_tool_calls.ts";

/** The server's parts. */
export interface Served {
  readonly farcall: Farcall;
  readonly tools: FleetTools;
}

const instructions =
  "Tools are functions (rpcs) that run on the machines of a farcall fleet, named SERVICE__RPC. A tool error begins " +
  'with the exception\'s name: "Invalid Arguments" says what is expected, "Execution Exception" is what the function ' +
  "threw. An int beyond 2^53 is a string of its digits; bytes are base64.";

/** Makes connections with the same tools. */
export function connectionMaker(
  library: McpLibrary,
  { farcall, tools }: Served,
): () => McpConnection {
  const calls = new ToolCalls(farcall);
  const { Server, ProtocolError } = library;
  const refuse = (message: string): Error => new ProtocolError(invalidParams, message);
  const list = async ({ params }: ToolRequest): Promise<object> => {
    if (params?.cursor === undefined) return pageAfter("", await asInternal(tools.list()));
    const after = readCursor(params.cursor);
    if (after === undefined) {
      throw refuse("the cursor is not one of this server's; list without one");
    }
    const { known } = tools;
    return pageAfter(after, known.length > 0 ? known : await asInternal(tools.list()));
  };
  const call = async ({ params }: ToolRequest, context: RequestContext): Promise<object> => {
    const tool = await asInternal(tools.find(params?.name));
    if (tool !== undefined) return await calls.call(tool, params?.arguments ?? {}, context);
    throw refuse(
      `there is no tool "${params?.name}" that you may call; tools/list names those that are`,
    );
  };
  return () => {
    const info = { name: "farcall", title: "farcall", version };
    const connection = new Server(info, {
      capabilities: { tools: { listChanged: true } },
      instructions,
      jsonSchemaValidator: noValidator,
    });
    connection.setRequestHandler("tools/list", list);
    connection.setRequestHandler("tools/call", call);
    return connection;
  };
}

/** Replaces the library's validator, which generates code from strings; nothing here needs validation. */
const noValidator = {
  getValidator(): never {
    throw new TypeError("farcall mcp asks clients for nothing");
  },
};

/** An error whose message includes its name, for clients that show only the message. */
async function asInternal<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof FarcallError) throw new Error(`${error.code}: ${error.message}`);
    throw error;
  }
}

/** A page of tools after a name, so that changes between pages neither skip nor repeat others. */
function pageAfter(after: string, tools: readonly Tool[]): object {
  const left = tools.filter(({ name }) => name > after);
  const page: Tool[] = [];
  let bytes = 0;
  for (const tool of left.slice(0, limits.agents.toolsPerPage)) {
    bytes += JSON.stringify(tool.definition).length;
    if (page.length > 0 && bytes > limits.agents.pageBytes) break;
    page.push(tool);
  }
  const isLast = page.length === left.length;
  return {
    tools: page.map(({ definition }) => definition),
    ...(!isLast && { nextCursor: cursorAfter(page.at(-1)!.name) }),
  };
}

function cursorAfter(name: string): string {
  return toBase64(new TextEncoder().encode(name));
}

/** The name in a cursor; undefined if it is not one. */
function readCursor(cursor: string): string | undefined {
  try {
    const name = new TextDecoder().decode(fromBase64(cursor));
    return cursorAfter(name) === cursor ? name : undefined;
  } catch {
    return undefined;
  }
}
