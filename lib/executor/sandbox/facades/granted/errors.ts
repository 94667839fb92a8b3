/** Errors of granted functions: our own instead of the runtime's, whose causes lead to its objects. */
import { DOMException } from "../dom_exception.ts";
import { needStack } from "../stack_room.ts";

const RuntimeDOMException = globalThis.DOMException;
const runtimeClasses = Object.entries(Deno.errors) as [string, ErrorConstructor][];
const ErrorOfLanguage = globalThis.Error;

/** `Deno.errors` for scripts. */
export const errors: Readonly<Record<string, ErrorConstructor>> = Object.fromEntries(
  runtimeClasses.map(([name]) => {
    const { [name]: Own } = {
      [name]: class extends ErrorOfLanguage {
        constructor(message?: string, options?: ErrorOptions) {
          super(message, options);
          Object.defineProperty(this, "name", { value: name, writable: true, configurable: true });
        }
      },
    };
    return [name, Own as unknown as ErrorConstructor];
  }),
);

const languageClasses = [
  ...[TypeError, RangeError, SyntaxError, ReferenceError, URIError, EvalError, ErrorOfLanguage],
];

/** Values that scripts have thrown, or given as reasons: they get them back unchanged. */
const givenReasons = new WeakSet<object>();

/** Records a script's reason before the runtime gets it. */
export function givenReason<Reason>(reason: Reason): Reason {
  if (typeof reason === "object" && reason !== null) givenReasons.add(reason);
  return reason;
}

/** An error of a granted function, converted for scripts. */
export function shownFailure(thrown: unknown): unknown {
  if (typeof thrown === "object" && thrown !== null && givenReasons.has(thrown)) return thrown;
  if (!(thrown instanceof ErrorOfLanguage) || thrown instanceof DOMException) return thrown;
  const { message, stack, cause } = thrown;
  if (thrown instanceof RuntimeDOMException) return new DOMException(message, thrown.name);
  const Shown = ownClassOf(thrown);
  const shown = cause === undefined
    ? new Shown(message)
    : new Shown(message, { cause: shownFailure(cause) });
  Object.defineProperty(shown, "stack", {
    value: String(stack),
    writable: true,
    configurable: true,
  });
  const { code } = thrown as { code?: unknown };
  if (typeof code === "string") (shown as { code?: string }).code = code;
  return shown;
}

function ownClassOf(thrown: Error): ErrorConstructor {
  const known = runtimeClasses.find(([, Class]) => thrown instanceof Class);
  if (known !== undefined) return errors[known[0]]!;
  return languageClasses.find((Class) => thrown instanceof Class) as ErrorConstructor;
}

/** Awaits a granted function, converting its error for scripts. */
export async function answered<Value>(work: () => Value | Promise<Value>): Promise<Value> {
  needStack();
  try {
    return await work();
  } catch (error) {
    throw shownFailure(error);
  }
}

/** As {@linkcode answered}, synchronously. */
export function answeredSync<Value>(work: () => Value): Value {
  needStack();
  try {
    return work();
  } catch (error) {
    throw shownFailure(error);
  }
}

/** A copy of plain data, free of the runtime's objects. */
export function plainCopy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainCopy);
  if (value instanceof Date) return new Date(value.getTime());
  if (value instanceof Uint8Array) return value.slice();
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plainCopy(each)]));
}
