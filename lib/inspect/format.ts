/** Formats console lines, including `%` placeholders in the first text. */
import { limits } from "../limits/mod.ts";
import { inspect, inspectBare, type InspectOptions } from "./inspect.ts";

/**
 * The line that `console.log(...values)` prints: in a first text, `%s`, `%d`, `%i`, `%f`, `%o`, `%O`, `%j` are replaced
 * by the values after it, `%c` by nothing, `%%` by a percent sign; remaining values follow, separated by spaces.
 */
export function formatLine(values: readonly unknown[], options?: InspectOptions): string {
  const [first, ...rest] = values;
  if (typeof first !== "string" || rest.length === 0) {
    return joined(values, options);
  }
  let used = 0;
  let text = "";
  let begin = 0;
  for (let at = first.indexOf("%"); at >= 0; at = first.indexOf("%", begin)) {
    const directive = first.charAt(at + 1);
    const show = directives.get(directive);
    text += first.slice(begin, at);
    begin = at + 2;
    if (directive === "%") text += "%";
    else if (show !== undefined && used < rest.length) text += show(rest[used++]);
    else text += `%${directive}`;
    // Skips text that would be cut off later.
    if (text.length > limits.scriptLogLineBytesMax) return text;
  }
  text += first.slice(begin);
  return used === rest.length ? text : `${text} ${joined(rest.slice(used), options)}`;
}

function joined(values: readonly unknown[], options: InspectOptions | undefined): string {
  let text = "";
  for (const [index, value] of values.entries()) {
    if (text.length > limits.scriptLogLineBytesMax) return text;
    text += (index === 0 ? "" : " ") + inspectBare(value, options);
  }
  return text;
}

const directives = new Map<string, (value: unknown) => string>(Object.entries({
  s: (value: unknown) => inspectBare(value, { depth: 0 }),
  d: (value: unknown) => numberText(value, Number),
  i: (value: unknown) => numberText(value, Number.parseInt),
  f: (value: unknown) => numberText(value, Number.parseFloat),
  j: (value: unknown) => inspect(value),
  o: (value: unknown) => inspect(value),
  O: (value: unknown) => inspect(value),
  c: () => "",
}));

/** Objects are shown as NaN, because converting them would run their code. */
function numberText(value: unknown, convert: (value: string) => number): string {
  if (typeof value === "bigint") return `${value}n`;
  const isObject = typeof value === "object" && value !== null || typeof value === "function";
  if (isObject || typeof value === "symbol") return "NaN";
  if (typeof value === "number" && convert === Number) {
    return Object.is(value, -0) ? "-0" : String(value);
  }
  return inspect(convert(value as string));
}
