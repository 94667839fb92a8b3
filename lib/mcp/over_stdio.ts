/** One client on standard input and output. */
import { loadLibrary, type McpConnection } from "./_library.ts";
import { connectionMaker, type Served } from "./_server.ts";

/** Characters of an error that are shown. */
const shownLength = 200;

/**
 * Serves the program that has started this one, until it closes standard input or the signal is raised.
 *
 * @param options `report`: receives protocol errors.
 */
export async function serveStdio(
  served: Served,
  options: { readonly signal: AbortSignal; readonly report: (text: string) => void },
): Promise<void> {
  const library = await loadLibrary();
  const make = connectionMaker(library, served);
  let connection: McpConnection | undefined;
  const transport = new library.StdioServerTransport();
  const ended = Promise.withResolvers<void>();
  const close = transport.close.bind(transport);
  transport.close = async () => {
    await close();
    ended.resolve();
  };
  const handle = library.serveStdio(() => connection = make(), {
    transport,
    onerror: ({ message }) => options.report(inOneLine(message)),
  });
  const stop = served.tools.onChange(() => {
    connection?.sendToolListChanged().catch(() => {
      // Not connected yet, or no longer.
    });
  });
  const end = (): void => void handle.close();
  options.signal.addEventListener("abort", end, { once: true });
  if (options.signal.aborted) end();
  await ended.promise;
  stop();
}

/** Shortens the library's errors, which list every mistake of a message. */
function inOneLine(text: string): string {
  const line = text.split("\n").map((part) => part.trim()).join(" ");
  return line.length <= shownLength ? line : `${line.slice(0, shownLength)}…`;
}
