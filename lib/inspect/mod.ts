/**
 * Values as text, for the log and for messages: what scripts print and what they throw. It must never run code
 * that belongs to a value, and does not know where its texts go.
 */
export * from "./errors.ts";
export * from "./format.ts";
export * from "./inspect.ts";
export * from "./table.ts";
export { dataOf, trustGettersOf, withoutProxy } from "./_reading.ts";
