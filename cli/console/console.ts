/** `farcall console`: the fleet in the browser, or its picture as text. */
import { formatPicture, readFleet, serveConsole } from "../../lib/console/mod.ts";
import { messageOf } from "../../lib/errors/mod.ts";
import { readConfiguration } from "../configuration.ts";
import { deployerName } from "../deployer_name.ts";
import { exitUnreachable, exitUsage } from "../exit_codes.ts";
import { keyFor, keyPath } from "../key.ts";
import { printLine, printNote, UsageError } from "../output.ts";
import { withPresent } from "../present_nodes.ts";
import { readPublicKeys } from "../public_keys.ts";
import { configurationFile, standardInputName } from "../settings.ts";
import { openBrowser } from "./_browser.ts";

/** The options of `console` as they are typed. */
export interface ConsoleCommandOptions {
  config?: string;
  port?: number;
  /** False with `--no-open`. */
  open?: boolean;
  text?: true;
  key?: string;
  trust?: string[];
}

/** Serves the console until it is interrupted, or prints the picture. @returns The exit code. */
export async function runConsole(
  argument: string | undefined,
  options: ConsoleCommandOptions,
): Promise<number> {
  const file = await configurationFile(argument, options);
  if (file === standardInputName && !options.text) {
    throw new UsageError(
      "the console reads the file again when it is saved; name a file, or give --text",
    );
  }
  if (options.trust && keyPath(options.key) === undefined) {
    throw new UsageError(
      "--trust says whose generations your key re-signs; give --key FILE, too",
    );
  }
  const configuration = await readConfiguration(file, { scripts: "ignore" });
  const key = await keyFor(options.key);
  if (options.text) {
    const found = await readFleet(await withPresent(configuration), key);
    printLine(formatPicture(found).trimEnd());
    return found.nodes.every(({ status }) => status !== undefined) ? 0 : exitUnreachable;
  }
  const trusted = options.trust && new Set(await readPublicKeys("--trust", options.trust));
  const { port = 0 } = options;
  let server;
  try {
    server = serveConsole({
      ...{ configuration, port, key, trusted, deployer: deployerName() },
      keyFile: keyPath(options.key),
    });
  } catch (error) {
    if (
      !(error instanceof Deno.errors.AddrInUse || error instanceof Deno.errors.PermissionDenied)
    ) {
      throw error;
    }
    printNote(
      `farcall: cannot listen on 127.0.0.1:${port}: ${messageOf(error)}; name another --port`,
    );
    return exitUsage;
  }
  printLine(`console of ${file}: ${server.address}`);
  const isOpened = options.open !== false && openBrowser(server.ticketAddress);
  printNote(
    isOpened
      ? "opened in the browser; Ctrl-C ends it"
      : "open this address in a browser on this machine; Ctrl-C ends it",
  );
  await server.finished;
  return 0;
}
