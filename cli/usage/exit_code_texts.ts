/** Meanings of the exit codes, for the help, docs/cli.md and the man page. */

/** A short text for the help; a longer one for the manual if it differs. */
export const exitCodeTexts: ReadonlyMap<
  number,
  { readonly help: string; readonly manual?: string }
> = new Map([
  [0, { help: "success" }],
  [2, { help: "bad usage or file", manual: "bad usage or configuration" }],
  [3, {
    help: "changes are pending",
    manual:
      "`init --dry-run` or `types --check` found changes, `doctor` found trouble, or you declined " +
      "the changes of `init`",
  }],
  [10, { help: "Execution Exception" }],
  [11, { help: "Invalid Arguments" }],
  [12, { help: "Service Not Found" }],
  [13, { help: "RPC Not Found" }],
  [14, { help: "Client Not Registered" }],
  [20, { help: "node unreachable", manual: "a node is unreachable, or its connection was lost" }],
  [21, { help: "Deadline Exceeded" }],
  [22, { help: "any other exception" }],
  [23, {
    help: "a node's store differs from what was deployed",
    manual: "`status --verify`: a node's store differs from what was deployed",
  }],
  [70, { help: "internal error", manual: "internal error: a bug in farcall" }],
  [74, { help: "cannot write standard output", manual: "standard output cannot be written" }],
  [130, { help: "interrupted", manual: "interrupted; a call is cancelled" }],
]);

const widthMax = 80;

/** A paragraph for the help of a command. @param own Meanings specific to this command. */
export function exitCodesText(
  codes: readonly number[],
  own: Readonly<Record<number, string>> = {},
): string {
  const parts = codes.map((code) => `${code} ${own[code] ?? exitCodeTexts.get(code)!.help}`);
  const lines = [""];
  for (const word of parts.join(", ").split(" ")) {
    const line = lines.at(-1)!;
    if (line.length + word.length + 3 > widthMax) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return `\nExit codes:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}
