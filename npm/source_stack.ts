/** In place of lib/packed/source_stack.ts: the package is no executable, and its modules keep their names. */
export function sourceStack(stack: string): string {
  return stack;
}
