/** Lines of a console: its first text may say how the values after it are shown. */
import { limits } from "../limits/mod.ts";
import { inspect, inspectBare, type InspectOptions } from "./inspect.ts";

/**
 * The line that `console.log(...values)` prints: `%s`, `%d`, `%i`, `%f`, `%o`, `%O`, `%j` of a first text stand for the
 * values after it, `%c` for nothing, `%%` for a percent sign; what is left follows, with spaces between.
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
    // No text is made that would be cut later.
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

/** Objects are no numbers: to make them one would run their code. */
function numberText(value: unknown, convert: (value: string) => number): string {
  if (typeof value === "bigint") return `${value}n`;
  const isObject = typeof value === "object" && value !== null || typeof value === "function";
  if (isObject || typeof value === "symbol") return "NaN";
  if (typeof value === "number" && convert === Number) {
    return Object.is(value, -0) ? "-0" : String(value);
  }
  return inspect(convert(value as string));
}
