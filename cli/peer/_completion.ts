/** Completions in an interactive peer: commands, known peers, paths. */
import { dirname, join } from "node:path";
import type { KnownPeer } from "../../lib/peer/mod.ts";

const commands = ["send", "file", "messages", "peers", "discover", "status", "help", "quit"];

/** Complete lines that start with this one. */
export async function completionsOf(line: string, peers: readonly KnownPeer[]): Promise<string[]> {
  const words = line.split(" ");
  const last = words.at(-1)!;
  const before = line.slice(0, line.length - last.length);
  const [command] = words;
  const found = words.length === 1
    ? commands.map((name) => ["send", "file"].includes(name) ? `${name} ` : name)
    : words.length === 2 && (command === "send" || command === "file")
    ? peersOf(peers)
    : words.length >= 3 && command === "file"
    ? await pathsOf(last)
    : [];
  return found.filter((word) => word.startsWith(last)).map((word) => before + word);
}

/** Names that fit into one word, and addresses; recently heard ones first. */
function peersOf(peers: readonly KnownPeer[]): string[] {
  return peers.toReversed().flatMap(({ name, address }) =>
    name === undefined || /[\s\p{C}]/u.test(name) ? [`${address} `] : [`${name} `, `${address} `]
  );
}

async function pathsOf(begun: string): Promise<string[]> {
  const folder = begun.endsWith("/") ? begun : dirname(begun);
  const paths: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = begun.includes("/") ? join(folder, name) : name;
      paths.push(isDirectory ? `${path}/` : path);
    }
  } catch {
    // The folder is unreadable: no suggestions.
  }
  return paths.sort();
}
