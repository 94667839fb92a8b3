/** Clients over HTTP, on this machine only. */
import { AddressInUse, AddressNotAvailable, messageOf } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { loadLibrary } from "./_library.ts";
import { connectionMaker, type Served } from "./_server.ts";

/** Options of serving. */
export interface HttpOptions {
  /** The port; 0 for any free one. */
  readonly port: number;
  readonly signal: AbortSignal;
  readonly report: (text: string) => void;
  /** Called with the address when it accepts requests. */
  readonly onListen: (url: string) => void;
}

const hostname = "127.0.0.1";
const path = "/mcp";

/**
 * Serves `http://127.0.0.1:PORT/mcp` until the signal is raised.
 *
 * @throws {AddressInUse} If another program has the port.
 */
export async function serveHttp(served: Served, options: HttpOptions): Promise<void> {
  const library = await loadLibrary();
  const { port, signal, report } = options;
  const handler = library.createMcpHandler(connectionMaker(library, served), {
    maxRequestBodySize: limits.agents.requestBytesMax,
    onerror: ({ message }) => report(message),
  });
  const stop = served.tools.onChange(() => handler.notify.toolsChanged());
  let authorities: readonly string[] = [];
  try {
    const server = Deno.serve({
      hostname,
      port,
      signal,
      onListen: (address) => {
        authorities = [hostname, "localhost"].map((host) => `${host}:${address.port}`);
        options.onListen(`http://${hostname}:${address.port}${path}`);
      },
    }, (request) => {
      return refusalOf(request, authorities) ?? handler.fetch(request);
    });
    // Closes open streams, which would delay the shutdown.
    signal.addEventListener("abort", () => handler.close(), { once: true });
    await server.finished;
  } catch (error) {
    throw listenError(error, port);
  } finally {
    stop();
    await handler.close();
  }
}

/**
 * Refuses requests of foreign pages: with a rebound DNS name, or another origin.
 *
 * @returns The refusal; undefined if the request is allowed.
 */
function refusalOf(request: Request, authorities: readonly string[]): Response | undefined {
  const host = request.headers.get("host");
  const origin = request.headers.get("origin");
  if (host === null || !authorities.includes(host)) {
    return new Response(`the host must be ${authorities.join(" or ")}\n`, { status: 403 });
  }
  if (origin !== null && !authorities.some((each) => origin === `http://${each}`)) {
    return new Response("pages of other origins may not call\n", { status: 403 });
  }
  if (new URL(request.url).pathname === path) return undefined;
  return new Response(`the Model Context Protocol is at ${path}\n`, { status: 404 });
}

function listenError(error: unknown, port: number): unknown {
  const where = `${hostname}:${port}`;
  if (error instanceof Deno.errors.AddrInUse) {
    return new AddressInUse(
      `${where} is in use; choose another port with --http, or 0 for a free one`,
      {
        cause: error,
      },
    );
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return new AddressNotAvailable(`${where} may not be listened on: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return error;
}
