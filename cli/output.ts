/**
 * Printing: results to standard output, everything else to standard error. On a terminal, control characters are shown
 * as escapes, because scripts, nodes and files are untrusted.
 */
import {
  FarcallError,
  InvalidConfiguration,
  messageOf,
  NodeUnreachable,
} from "../lib/errors/mod.ts";
import { escapeControls } from "../lib/log/mod.ts";
import { exitCodeOf, exitDefect, exitOutput, exitUsage } from "./exit_codes.ts";

/** A colour by its number in `ESC[…m`. */
const colors = { red: 31, green: 32, yellow: 33, dim: 2 } as const;

/** A colour of a terminal. */
export type Color = keyof typeof colors;

/** A coloured part of a text. */
export interface Colored {
  readonly text: string;
  readonly color: Color;
}

/** Printable text: a string, or parts, some of them coloured. */
export type Printable = string | readonly (string | Colored)[];

/** A text with optionally coloured lines. */
export function coloredLines(
  text: string,
  colorOf: (line: string, index: number) => Color | undefined,
): Printable {
  return text.split("\n").flatMap((line, index): (string | Colored)[] => {
    const color = colorOf(line, index);
    const shown = color === undefined ? line : { text: line, color };
    return index === 0 ? [shown] : ["\n", shown];
  });
}

type Stream = "stdout" | "stderr";

const encoder = new TextEncoder();

function writeAll(target: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.length;) offset += target.writeSync(bytes.subarray(offset));
}

/** Standard output cannot be written: its target is full or gone. */
export class OutputLost extends Error {
  override readonly name = "OutputLost";
}

/**
 * Writes a line of the requested output to standard output. If the reader has left (`| head`), exits quietly.
 *
 * @throws {OutputLost} If it cannot be written.
 */
export function printLine(text: Printable): void {
  writeRaw(encoder.encode(`${render(text, "stdout")}\n`));
}

/** Writes a text to standard output, without a line break; as {@linkcode printLine}. */
export function writeText(text: string): void {
  writeRaw(encoder.encode(render(text, "stdout")));
}

const decoder = new TextDecoder();

/** Writes bytes to standard output: as they are, but to a terminal as text; as {@linkcode printLine}. */
export function writeBytes(bytes: Uint8Array): void {
  if (isTerminal("stdout")) writeText(decoder.decode(bytes, { stream: true }));
  else writeRaw(bytes);
}

function writeRaw(bytes: Uint8Array): void {
  try {
    writeAll(Deno.stdout, bytes);
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) Deno.exit(0);
    throw new OutputLost(`cannot write to standard output: ${messageOf(error)}`, { cause: error });
  }
}

let isReportLost = false;

/** Writes a line about completed work to standard output. If that fails, the program continues. */
export function reportLine(text: Printable): void {
  if (isReportLost) return;
  try {
    writeAll(Deno.stdout, encoder.encode(`${render(text, "stdout")}\n`));
  } catch (error) {
    isReportLost = true;
    if (error instanceof Deno.errors.BrokenPipe) return;
    printNote(`farcall: cannot write to standard output, continuing: ${messageOf(error)}`);
  }
}

/** Writes a line to standard error. */
export function printNote(text: Printable): void {
  writeErrorBytes(`${render(text, "stderr")}\n`);
}

/** Writes a text to standard error, without a line break. */
export function writeNote(text: string): void {
  writeErrorBytes(render(text, "stderr"));
}

/** Moves the cursor of a terminal, or clears it; nothing if the stream is not a terminal. */
export function writeControl(stream: Stream, sequence: string): void {
  if (!isTerminal(stream)) return;
  if (stream === "stderr") writeErrorBytes(sequence);
  else writeRaw(encoder.encode(sequence));
}

function writeErrorBytes(text: string): void {
  try {
    writeAll(Deno.stderr, encoder.encode(text));
  } catch {
    // The reader has left.
  }
}

function render(text: Printable, stream: Stream): string {
  const shown = isTerminal(stream) ? escapeControls : (plain: string) => plain;
  if (typeof text === "string") return shown(text);
  const isColored = showsColors(stream);
  return text.map((part) => {
    if (typeof part === "string") return shown(part);
    const plain = shown(part.text);
    return isColored ? `\x1b[${colors[part.color]}m${plain}\x1b[0m` : plain;
  }).join("");
}

/** Determined once: it cannot change. */
const terminals = new Map<Stream, boolean>();

/** Whether a stream is a terminal. */
export function isTerminal(stream: Stream): boolean {
  let isOne = terminals.get(stream);
  if (isOne === undefined) terminals.set(stream, isOne = Deno[stream].isTerminal());
  return isOne;
}

let isColorless = false;

/** Disables colours: `--no-color`. */
export function refuseColors(): void {
  isColorless = true;
}

/**
 * Whether a stream shows colours: `--no-color` decides, then `FORCE_COLOR` (0 and false are no), then `NO_COLOR`,
 * then whether it is a terminal.
 */
export function showsColors(stream: Stream): boolean {
  if (isColorless) return false;
  const forced = Deno.env.get("FORCE_COLOR");
  if (forced) return forced !== "0" && forced !== "false";
  return isTerminal(stream) && !Deno.noColor;
}

/** A usage error. The message says how to use the command. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A command that stops early, without an error. */
export class Stopped extends Error {
  override readonly name = "Stopped";
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Prints an error: one line, followed by its details.
 *
 * @returns The exit code.
 */
export async function printError(error: unknown): Promise<number> {
  if (error instanceof UsageError) {
    printNote(`farcall: ${error.message}`);
    return exitUsage;
  }
  if (error instanceof Stopped) {
    printNote(`farcall: ${error.message}`);
    return error.exitCode;
  }
  if (error instanceof OutputLost) {
    printNote(`farcall: ${error.message}`);
    return exitOutput;
  }
  if (error instanceof FarcallError) {
    const isSaidElsewhere = error.node !== undefined && !(error instanceof NodeUnreachable) &&
      !error.message.includes(error.node);
    const from = isSaidElsewhere ? ` (said by ${error.node})` : "";
    // The details show every mistake; the message only the first.
    const message = error instanceof InvalidConfiguration ? error.summary : error.message;
    printNote(`farcall: ${error.code}: ${message}${from}`);
    for (const detail of error.details) {
      // Text with lines of its own (a diagnostic with its position) is set apart.
      printNote(detail.includes("\n") ? `\n${detail}` : `  ${detail}`);
    }
    return exitCodeOf(error.code);
  }
  if (error instanceof TypeError || error instanceof RangeError) {
    // The library rejected the command line: e.g. an option's value out of range.
    printNote(`farcall: ${error.message}`);
    return exitUsage;
  }
  printNote("farcall: internal error, a bug in farcall; please report it with the following lines");
  const { sourceStack } = await import("../lib/packed/source_stack.ts");
  printNote(error instanceof Error ? sourceStack(error.stack ?? error.message) : String(error));
  return exitDefect;
}
