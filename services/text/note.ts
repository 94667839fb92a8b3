/** Writes a line to the node's log: what a script prints appears there, with its service and rpc. */
export function note(text: string): void {
  // deno-lint-ignore no-console -- what scripts print is what the log is for
  console.log(text);
}
