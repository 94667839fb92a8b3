/** Classes of ours that all scripts of a service have in common. */

/** Freezes classes, their prototypes, and the functions of these: a script could leave something on any of them. */
export function freezeClasses(...classes: readonly { readonly prototype: object }[]): void {
  for (const each of classes) {
    const properties = Object.values(Object.getOwnPropertyDescriptors(each.prototype));
    for (const { get, set, value } of properties) [get, set, value].forEach(Object.freeze);
    Object.freeze(each.prototype);
    Object.freeze(each);
  }
}
