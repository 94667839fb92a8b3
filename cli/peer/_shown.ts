/** Formats peers and messages. Text from strangers cannot move the cursor, nor pass for another line. */
import type { KnownPeer, PeerStatus, ReceivedMessage } from "../../lib/peer/mod.ts";

/** A stranger's text in one line of a terminal. */
export function shownText(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  if (character === "\n") return "⏎";
  if (character === "\t") return " ";
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}

/** `2026-11-30 02:28:01  10.0.0.2  alice  [general]  hello`. */
export function shownMessage(
  { receivedMs, from, sender, channel, content, file }: ReceivedMessage,
): string {
  const words = [shownTime(receivedMs), from, shownText(sender), `[${shownText(channel)}]`];
  const text = shownText(content);
  return [...words, file === undefined ? text : `${text} (${file.bytes} bytes, ${file.path})`].join(
    "  ",
  );
}

/** A line per peer. */
export function shownPeers(peers: readonly KnownPeer[]): string[] {
  if (peers.length === 0) return ["no peers are known"];
  return peers.map(({ address, name, kind }) => {
    const what = kind === "farcall"
      ? shownText(name!)
      : kind === "original"
      ? "(the original program)"
      : "";
    return `${address.padEnd(15)}  ${what}`.trimEnd();
  });
}

/** Lines of names and values. */
export function shownStatus(status: PeerStatus): string[] {
  const { counts } = status;
  const lines: [string, string | number][] = [
    ["name", status.name],
    ["machine id", status.machineId],
    ["folder", status.folder ?? ""],
    ["running since", shownTime(status.startedMs)],
    ["peers", status.peers],
    ["unacknowledged", status.unacknowledged],
    ["waiting", status.waiting],
    ["unfinished files", status.unfinishedFiles],
    ["sent", `${counts.sent}, ${counts.resent} sent again, ${counts.undeliverable} undeliverable`],
    ["received", `${counts.received}, ${counts.duplicates} duplicates, ${counts.refused} refused`],
  ];
  return lines.map(([name, value]) => `${name.padEnd(17)} ${value}`);
}

function shownTime(epochMs: number): string {
  const time = new Date(epochMs);
  const two = (number: number): string => String(number).padStart(2, "0");
  const date = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join("-");
  return `${date} ${[time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":")}`;
}
