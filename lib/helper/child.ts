/**
 * The helper: a process that parses and writes large messages and checks scripts, to keep that work off the node's
 * event loop. It has no permissions and bounded memory. A hostile input may kill it; then the node starts another.
 *
 * It must never know of connections, callers or services.
 */
import { InternalError, messageOf, toException } from "../errors/mod.ts";
import { MessageReader, MessageWriter } from "./_pipe.ts";
import { Work } from "./_work.ts";
import type { ExceptionHead } from "./jobs.ts";

/** All of the runtime's permissions. */
const kinds = ["read", "write", "net", "env", "run", "sys", "ffi", "import"] as const;

/** Runs its node's jobs, one after the other, until the node hangs up. */
export async function runHelper(): Promise<void> {
  for (const name of kinds) Deno.permissions.revokeSync({ name });
  const [reader, writer] = [
    new MessageReader(Deno.stdin.readable),
    new MessageWriter(Deno.stdout.writable),
  ];
  const work = new Work();
  for (;;) {
    const message = await reader.read();
    if (message === undefined) return;
    try {
      const { head, parts } = await work.answer(message);
      await writer.write({ answer: head }, parts);
    } catch (error) {
      await writer.write({ exception: exceptionOf(error) });
    }
  }
}

function exceptionOf(error: unknown): ExceptionHead {
  const exception = toException(error);
  // The node logs an internal error; only the message is sent.
  const { cause } = exception;
  const message = exception instanceof InternalError && cause !== undefined
    ? messageOf(cause)
    : exception.message;
  return { type: exception.code, message };
}

if (import.meta.main) await runHelper();
