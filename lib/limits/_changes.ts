/** Frozen bounds, and copies with some numbers changed. */

/** Named numbers, some in groups. */
export type Numbers<T> = {
  readonly [Name in keyof T]: T[Name] extends number ? number : Numbers<T[Name]>;
};

/** A subset of these numbers. */
export type Changes<T> = {
  readonly [Name in keyof T]?: T[Name] extends number ? number : Changes<T[Name]>;
};

/** Freezes an object and the groups in it. */
export function frozen<T extends object>(value: T): T {
  for (const group of Object.values(value)) if (typeof group === "object") frozen(group);
  Object.freeze(value);
  // As the prototype of another object, V8 stores it by offset, and compiled code reads a number in a single load.
  // Otherwise an object with so many properties is a hash map, which each call would search dozens of times.
  Object.create(value);
  return value;
}

/** Applies changes. @throws {TypeError} If a name is unknown, or its value is not a number. */
export function changed<T extends object>(base: T, changes: Changes<T>): T {
  const copy = { ...base } as Record<string, unknown>;
  for (const [name, value] of Object.entries(changes as Record<string, unknown>)) {
    if (value === undefined) continue;
    const known = Object.hasOwn(base, name) ? copy[name] : undefined;
    if (typeof known !== typeof value || Number.isNaN(value)) {
      throw new TypeError(`"${name}" is not a limit, or its value has the wrong type`);
    }
    copy[name] = typeof known === "object" ? changed(known as object, value as object) : value;
  }
  return copy as T;
}
