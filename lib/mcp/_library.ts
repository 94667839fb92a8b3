/**
 * The Model Context Protocol's library, https://ts.sdk.modelcontextprotocol.io, with our own types for the parts used
 * here. Imported by a name that tools cannot see, like the YAML library, so that programs that import farcall do not
 * need it.
 */
import { InvalidConfiguration, messageOf } from "../errors/mod.ts";

const serverSpecifier = "npm:@modelcontextprotocol/server@2.4.0";
const stdioSpecifier = "npm:@modelcontextprotocol/server@2.4.0/stdio";

/** Loads it. @throws {InvalidConfiguration} If it is not available. */
export async function loadLibrary(): Promise<McpLibrary> {
  try {
    const [server, stdio] = await Promise.all([import(serverSpecifier), import(stdioSpecifier)]);
    return { ...server, ...stdio };
  } catch (cause) {
    throw new InvalidConfiguration(
      `farcall mcp cannot start: its library ${serverSpecifier} was not loaded; it comes from npm's registry, once: ` +
        `connect, or run farcall's executable (${messageOf(cause)})`,
      [],
      { cause },
    );
  }
}

/** The parts of the library that are used. */
export interface McpLibrary {
  readonly Server: new (info: object, options: object) => McpConnection;
  readonly ProtocolError: new (code: number, message: string) => Error;
  readonly StdioServerTransport: new () => StdioTransport;
  serveStdio(
    factory: () => McpConnection,
    options: { readonly transport: StdioTransport; readonly onerror: (error: Error) => void },
  ): { close(): Promise<void> };
  createMcpHandler(
    factory: () => McpConnection,
    options: { readonly maxRequestBodySize: number; readonly onerror: (error: Error) => void },
  ): HttpHandler;
}

/** One client's connection, or one request over HTTP. */
export interface McpConnection {
  setRequestHandler(
    method: "tools/list" | "tools/call",
    handler: (request: ToolRequest, context: RequestContext) => Promise<object>,
  ): void;
  sendToolListChanged(): Promise<void>;
}

/** A request about tools. */
export interface ToolRequest {
  readonly params?: {
    readonly cursor?: string;
    readonly name?: string;
    readonly arguments?: Readonly<Record<string, unknown>>;
  };
}

/** A request's context. */
export interface RequestContext {
  readonly mcpReq: {
    readonly _meta?: { readonly progressToken?: string | number };
    /** Raised when the client cancels it, or disconnects. */
    readonly signal: AbortSignal;
    notify(notification: { readonly method: string; readonly params: object }): Promise<void>;
  };
}

/** Standard input and output. */
export interface StdioTransport {
  close(): Promise<void>;
}

/** Answers requests over HTTP. */
export interface HttpHandler {
  fetch(request: Request): Promise<Response>;
  close(): Promise<void>;
  readonly notify: { toolsChanged(): void };
}

/** JSON-RPC's code for a request with invalid parameters. */
export const invalidParams = -32602;
