/** Shared options of peers' commands, converted for the library. */
import type { LogLevel } from "../../lib/log/mod.ts";
import { type OpenLog, openLog } from "../../lib/log/open_log.ts";
import type { PeerOptions } from "../../lib/peer/mod.ts";
import { parseQuantity, quantityForms } from "../../lib/manifest/mod.ts";
import { showsColors, UsageError } from "../output.ts";

/** The options of receiving commands as they are typed. */
export interface ReceivingOptions {
  name?: string;
  folder?: string;
  address?: string;
  accept?: string[];
  maxFile?: string;
  maxFolder?: string;
  log?: string;
  logFormat: "text" | "json";
  logLevel: LogLevel;
}

/** The options of sending commands as they are typed. */
export interface SendingOptions {
  sender?: string;
  channel?: string;
  address?: string;
  key?: string;
  verbose?: true;
}

/** The library's options for a receiving peer. */
export function receivingPeer(options: ReceivingOptions): PeerOptions {
  const { name, folder, address, accept } = options;
  return {
    name,
    folder,
    address,
    accept,
    fileBytesMax: bytesOf("--max-file", options.maxFile),
    folderBytesMax: bytesOf("--max-folder", options.maxFolder),
  };
}

/** The log that `--log` names, if any. */
export async function logOf(
  { log, logFormat, logLevel }: ReceivingOptions,
): Promise<OpenLog | undefined> {
  if (log === undefined) return undefined;
  return await openLog({ file: log, format: logFormat, level: logLevel });
}

/** A log on standard error, for `--verbose`. */
export async function verboseLog(isVerbose: boolean | undefined): Promise<OpenLog | undefined> {
  return isVerbose ? await openLog({ level: "debug", colors: showsColors("stderr") }) : undefined;
}

function bytesOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const bytes = parseQuantity(text, "bytes");
  if (bytes === undefined) {
    throw new UsageError(`${option} takes ${quantityForms.bytes}; got "${text}"`);
  }
  return bytes;
}
