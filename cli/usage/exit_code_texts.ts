/** What the exit codes mean, for the help, docs/cli.md and the man page. */

/** In a few words for the help, and where there is more to say for the manual. */
export const exitCodeTexts: ReadonlyMap<
  number,
  { readonly help: string; readonly manual?: string }
> = new Map([
  [0, { help: "success" }],
  [2, { help: "bad usage or file", manual: "bad usage or configuration" }],
  [3, {
    help: "something is to do",
    manual:
      "`init --dry-run`, `types --check` or `doctor` found something to do, or `init` was told " +
      "not to do it",
  }],
  [10, { help: "Execution Exception" }],
  [11, { help: "Invalid Arguments" }],
  [12, { help: "Service Not Found" }],
  [13, { help: "RPC Not Found" }],
  [14, { help: "Client Not Registered" }],
  [20, { help: "node unreachable", manual: "a node is unreachable, or its connection was lost" }],
  [21, { help: "Deadline Exceeded" }],
  [22, { help: "another exception", manual: "any other exception" }],
  [23, {
    help: "a node stores something that was not deployed as such",
    manual: "`status --verify`: a node stores something not deployed as such",
  }],
  [70, { help: "internal error", manual: "internal error: a bug in farcall" }],
  [74, { help: "cannot write standard output", manual: "standard output cannot be written" }],
  [130, { help: "interrupted", manual: "interrupted; a call is cancelled" }],
]);

const widthMax = 80;

/** A paragraph for the help of a command. @param own What codes mean for this command, where that is more. */
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
