/**
 * The helper: a process that reads for its node what is large, writes what is large, and checks scripts, so that the
 * node's event loop does not. It may do nothing but that: it has no permission at all, and bounded memory. What it is
 * given may end it; then the node starts another.
 *
 * It must never know of connections, callers or services.
 */
import { InternalError, messageOf, toException } from "../errors/mod.ts";
import { MessageReader, MessageWriter } from "./_pipe.ts";
import { Work } from "./_work.ts";
import type { ExceptionHead } from "./jobs.ts";

/** Every kind of permission that the runtime knows. */
const kinds = ["read", "write", "net", "env", "run", "sys", "ffi", "import"] as const;

/** Answers what its node asks, one after the other, until that hangs up. */
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
  // The node logs a defect with its stack; here the message is all that travels.
  const { cause } = exception;
  const message = exception instanceof InternalError && cause !== undefined
    ? messageOf(cause)
    : exception.message;
  return { type: exception.code, message };
}

if (import.meta.main) await runHelper();
