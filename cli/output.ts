/** Printing: results to standard output, everything else to standard error. */
import {
  FarcallError,
  InvalidConfiguration,
  messageOf,
  NodeUnreachable,
} from "../lib/errors/mod.ts";
import { exitCodeOf, exitDefect, exitOutput, exitUsage } from "./exit_codes.ts";

const encoder = new TextEncoder();

function writeAll(target: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.length;) offset += target.writeSync(bytes.subarray(offset));
}

/** Standard output cannot be written: what it goes to is full, or gone. */
export class OutputLost extends Error {
  override readonly name = "OutputLost";
}

/**
 * Writes a line of what was asked for to standard output. A reader that has left (`| head`) ends the program quietly.
 *
 * @throws {OutputLost} If it cannot be written.
 */
export function printLine(text: string): void {
  writeText(`${text}\n`);
}

/** Writes a text to standard output as it is; as {@linkcode printLine}. */
export function writeText(text: string): void {
  writeBytes(encoder.encode(text));
}

/** Writes bytes to standard output as they are; as {@linkcode printLine}. */
export function writeBytes(bytes: Uint8Array): void {
  try {
    writeAll(Deno.stdout, bytes);
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) Deno.exit(0);
    throw new OutputLost(`cannot write to standard output: ${messageOf(error)}`, { cause: error });
  }
}

let isReportLost = false;

/** Writes a line about what was done to standard output. It stays done, and the program goes on, if nobody can be told. */
export function reportLine(text: string): void {
  if (isReportLost) return;
  try {
    writeAll(Deno.stdout, encoder.encode(`${text}\n`));
  } catch (error) {
    isReportLost = true;
    if (error instanceof Deno.errors.BrokenPipe) return;
    printNote(`farcall: cannot write to standard output, continuing: ${messageOf(error)}`);
  }
}

/** Writes a line to standard error. */
export function printNote(text: string): void {
  writeNote(`${text}\n`);
}

/** Writes to standard error as it is. */
export function writeNote(text: string): void {
  try {
    writeAll(Deno.stderr, encoder.encode(text));
  } catch {
    // Nobody reads it.
  }
}

/** Whether standard output, or error, shows colours: a terminal, and nobody said NO_COLOR. */
export function showsColors(stream: "stdout" | "stderr"): boolean {
  return Deno[stream].isTerminal() && !Deno.noColor;
}

/** A mistake in how a command was used. The message says how to use it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * Says what went wrong: one line first, details after it.
 *
 * @returns The exit code.
 */
export function printError(error: unknown): number {
  if (error instanceof UsageError) {
    printNote(`farcall: ${error.message}`);
    return exitUsage;
  }
  if (error instanceof OutputLost) {
    printNote(`farcall: ${error.message}`);
    return exitOutput;
  }
  if (error instanceof FarcallError) {
    const isSaidElsewhere = error.node !== undefined && !(error instanceof NodeUnreachable) &&
      !error.message.includes(error.node);
    const from = isSaidElsewhere ? ` (said by ${error.node})` : "";
    // The details show every mistake, of which the message tells the first.
    const message = error instanceof InvalidConfiguration ? error.summary : error.message;
    printNote(`farcall: ${error.code}: ${message}${from}`);
    for (const detail of error.details) {
      // What has lines of its own (a mistake with its place) stands apart.
      printNote(detail.includes("\n") ? `\n${detail}` : `  ${detail}`);
    }
    return exitCodeOf(error.code);
  }
  if (error instanceof TypeError || error instanceof RangeError) {
    // Misuse of the library by way of the command line: an option's value out of range.
    printNote(`farcall: ${error.message}`);
    return exitUsage;
  }
  printNote("farcall: internal error, a bug in farcall; please report it with the following lines");
  printNote(error instanceof Error ? error.stack ?? error.message : String(error));
  return exitDefect;
}
