/** Writes a line to the node's log: what a script prints appears there, with its service and rpc. */
export function note(text: string): void {
  console.log(text);
}
