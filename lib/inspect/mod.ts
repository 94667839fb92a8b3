/**
 * Values as text, for the log and for messages: what scripts print and throw. It must never run a value's code, and
 * does not know where its texts go.
 */
export * from "./errors.ts";
export * from "./format.ts";
export * from "./inspect.ts";
export * from "./table.ts";
export { dataOf, trustGettersOf, withoutProxy } from "./_reading.ts";
