/** Proves to a node on this machine that its own user is asking. */
import { MalformedMessage, messageOf, Unauthenticated } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { formatPeer } from "../transport/conn.ts";
import { localProof, localSecretName } from "../identity/mod.ts";
import type { Responses } from "../protocol/mod.ts";
import type { NodeConnection } from "./connection/node_connection.ts";

/**
 * Sends the proof if the node is on this machine and has no deploy keys; otherwise does nothing.
 *
 * @param timeoutMs The time limit of each of the two requests. Default: that of a deployment step.
 * @throws {Unauthenticated} If another user runs the node, or this program cannot see its files; the message says what
 *   to do.
 */
export async function proveLocal(
  connection: NodeConnection,
  timeoutMs = connection.bounds.deployStepTimeoutMs,
): Promise<void> {
  const { peer } = connection;
  if (!/^(?:127\.|::1$)/.test(peer.remoteHost)) return;
  const to = formatPeer(peer);
  const step = { timeoutMs };
  const { file, challenge } = await connection.request({ op: "local" }, step)
    .catch((error): Responses["local"] => {
      // The node is too old for this request; its answers to the next ones say what it needs.
      if (error instanceof MalformedMessage) return {};
      throw error;
    });
  if (file === undefined || challenge === undefined) return;
  const proof = await localProof({ secret: await readSecret(file), challenge, to });
  await connection.request({ op: "local", to, proof }, step);
}

/** Reads the secret that only the node's user can read. A node could name any file, so others are refused. */
async function readSecret(path: string): Promise<string> {
  const refuse = (why: string, cause?: unknown) =>
    new Unauthenticated(
      `it accepts deployments and status requests from its own user on its own machine only, which reading ` +
        `"${path}" would prove: ${why}; run farcall as that user on that machine, or serve the node ` +
        "with --deploy-key",
      { cause },
    );
  if (!path.endsWith(`/${localSecretName}`) && !path.endsWith(`\\${localSecretName}`)) {
    throw refuse("that is no such file");
  }
  try {
    const info = await Deno.lstat(path);
    if (!info.isFile || info.size > limits.keyFileBytesMax) throw refuse("that is no such file");
    if (info.mode !== null && Deno.build.os !== "windows" && (info.mode & 0o077) !== 0) {
      throw refuse("others may read it");
    }
    const secret = await Deno.readTextFile(path);
    if (secret === "") throw refuse("it is empty");
    return secret;
  } catch (error) {
    if (error instanceof Unauthenticated) throw error;
    const why = error instanceof Deno.errors.NotFound
      ? "there is no such file here"
      : error instanceof Deno.errors.PermissionDenied
      ? "this user may not read it"
      : messageOf(error);
    throw refuse(why, error);
  }
}
