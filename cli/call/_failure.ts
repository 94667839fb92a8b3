/** Shows deployers where a script threw; callers only get the message. */
import { NodeConnection, proveLocal } from "../../lib/client/mod.ts";
import type { FarcallError } from "../../lib/errors/mod.ts";
import type { ScriptId } from "../../lib/identity/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { printNote } from "../output.ts";
import { serverIn } from "../services/known_services.ts";
import { parseServer, tlsIn } from "../tls.ts";
import { keyFor } from "../key.ts";
import type { CallCommandOptions } from "./call_arguments.ts";

/** Prints the stack of an exception, or where it can be found. */
export async function printFailure(
  { script, node, message }: FarcallError,
  options: CallCommandOptions,
): Promise<void> {
  if (script === undefined || node === undefined) return;
  try {
    const address = await addressOfNode(node, options);
    const connection = await NodeConnection.open(address, {
      key: await keyFor(options.key),
      timeoutMs: limits.connectTimeoutMs,
    });
    try {
      await proveLocal(connection);
      const failure = { op: "failure", script: script as ScriptId, message } as const;
      const { stack } = await connection.request(failure, { timeoutMs: limits.statusTimeoutMs });
      const frames = stack?.indexOf("\n    at ") ?? -1;
      if (frames >= 0) return printNote(stack!.slice(frames + 1));
    } finally {
      await connection.close();
    }
  } catch {
    // Callers without deploy rights get the hint below instead.
  }
  printNote(
    `  its stack is in the log of ${node}; with deploy rights there, --verbose prints it here`,
  );
}

/** The node that replied, by its name in the file or by its address. */
async function addressOfNode(node: string, { server, tls, config }: CallCommandOptions) {
  const [name = "", rest] = node.split(" (");
  if (rest === undefined) return parseServer(name, tlsIn(tls, server))!;
  const { loadConfiguration } = await import("../../lib/config/mod.ts");
  const file = config ?? "init.yaml";
  return serverIn(await loadConfiguration(file, { scripts: "ignore" }), name);
}
