/** Formats a value as a table. */
import { inspect } from "./inspect.ts";
import { itemsOf } from "./_kinds.ts";
import { withoutProxy } from "./_reading.ts";

const { getOwnPropertyDescriptor, ownKeys } = Reflect;

const rowsMax = 100;
const columnsMax = 20;
const cellLengthMax = 80;

/**
 * The table that `console.table(value, columns)` prints; undefined for values without rows.
 *
 * @param columns The properties to show. Default: all properties of any row.
 */
export function tableOf(value: unknown, columns?: readonly string[]): string | undefined {
  const rows = rowsOf(value);
  if (rows === undefined) return undefined;
  const names: string[] = [...columns ?? []];
  let hasPlainValues = false;
  for (const { cells } of rows) {
    if (cells === undefined) hasPlainValues = true;
    else if (columns === undefined) {
      for (const name of cells.keys()) if (!names.includes(name)) names.push(name);
    }
  }
  const shownNames = names.slice(0, columnsMax);
  const head = ["(index)", ...shownNames, ...hasPlainValues ? ["Values"] : []];
  const lines = rows.map(({ index, cells, value }) => [
    index,
    ...shownNames.map((name) => cells?.get(name) ?? ""),
    ...hasPlainValues ? [cells === undefined ? cellOf(value) : ""] : [],
  ]);
  return drawn([head, ...lines]);
}

interface Row {
  readonly index: string;
  readonly value: unknown;
  /** Its properties as text; undefined if it is not an object. */
  readonly cells: ReadonlyMap<string, string> | undefined;
}

function rowsOf(value: unknown): Row[] | undefined {
  const object = objectIn(value);
  if (object === undefined) return undefined;
  return entriesOf(object, rowsMax).map(([index, item]) => {
    const row = objectIn(item);
    const cells = row &&
      new Map(entriesOf(row, columnsMax).map(([name, cell]) => [name, cellOf(cell)]));
    return { index, value: item, cells };
  });
}

/** The properties; of a map or set, the items by index. */
function entriesOf(object: object, countMax: number): [name: string, value: unknown][] {
  const entries: [string, unknown][] = [];
  const items = itemsOf(object);
  if (items !== undefined) {
    for (let index = 0; index < countMax; index++) {
      const item = items.next();
      if (item === undefined) break;
      entries.push([String(index), item.length === 1 ? item[0] : item]);
    }
    return entries;
  }
  for (const key of ownKeys(object)) {
    if (entries.length >= countMax) break;
    const property = getOwnPropertyDescriptor(object, key);
    if (typeof key === "symbol" || property?.enumerable !== true) continue;
    entries.push([key, property.get === undefined ? property.value : "[Getter]"]);
  }
  return entries;
}

function objectIn(value: unknown): object | undefined {
  return typeof value === "object" && value !== null ? withoutProxy(value) : undefined;
}

function cellOf(value: unknown): string {
  const text = inspect(value, { depth: 0 });
  return text.length <= cellLengthMax ? text : `${text.slice(0, cellLengthMax - 1)}…`;
}

function drawn(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    }
  }
  const rule = (left: string, middle: string, right: string): string =>
    left + widths.map((width) => "─".repeat(width + 2)).join(middle) + right;
  const [head, ...body] = rows.map((row) =>
    `│ ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" │ ")} │`
  );
  return [rule("┌", "┬", "┐"), head, rule("├", "┼", "┤"), ...body, rule("└", "┴", "┘")].join("\n");
}
