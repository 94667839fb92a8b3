/** Freezes classes of ours that all scripts of a service share. */

/** Freezes classes, their prototypes and methods: otherwise a script could leave data on them. */
export function freezeClasses(...classes: readonly { readonly prototype: object }[]): void {
  for (const each of classes) {
    const properties = Object.values(Object.getOwnPropertyDescriptors(each.prototype));
    for (const { get, set, value } of properties) [get, set, value].forEach(Object.freeze);
    Object.freeze(each.prototype);
    Object.freeze(each);
  }
}
