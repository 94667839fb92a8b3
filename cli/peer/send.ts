/** `farcall send`: one message. */
import { limits } from "../../lib/limits/mod.ts";
import { startPeer } from "../../lib/peer/mod.ts";
import { reportLine } from "../output.ts";
import { allOf, standardInput, textOf } from "../text_input.ts";
import { type SendingOptions, verboseLog } from "./_options.ts";

/** Sends a message, and confirms its arrival. */
export async function send(
  to: string,
  words: readonly string[],
  { sender, channel, address, verbose }: SendingOptions,
): Promise<number> {
  const text = words.length === 1 && words[0] === "-" ? await standardText() : words.join(" ");
  await using log = await verboseLog(verbose);
  await using peer = await startPeer({ receives: false, address, log: log?.log });
  const { attempts } = await peer.sendMessage(to, text, { sender, channel });
  reportLine(`delivered to ${to}${attempts === 1 ? "" : ` (sent ${attempts} times)`}`);
  return 0;
}

async function standardText(): Promise<string> {
  const text = textOf(await allOf(standardInput, limits.messageBytesMax), standardInput);
  return text.endsWith("\n") ? text.slice(0, -1) : text;
}
