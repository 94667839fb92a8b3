/** One client on standard input and output. */
import { loadLibrary, type McpConnection } from "./_library.ts";
import { connectionMaker, type Served } from "./_server.ts";

/**
 * Serves the program that has started this one, until it closes standard input or the signal is raised.
 *
 * @param options `report` is told of what is not the protocol.
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
    onerror: ({ message }) => options.report(message),
  });
  const stop = served.tools.onChange(() => {
    connection?.sendToolListChanged().catch(() => {
      // It is not connected yet, or no longer.
    });
  });
  const end = (): void => void handle.close();
  options.signal.addEventListener("abort", end, { once: true });
  if (options.signal.aborted) end();
  await ended.promise;
  stop();
}
