/** For texts, to add is to join. The rpc is called `add`, so the function is its default export. */
export default function concat(a: string, b: string): string {
  return a + b;
}
