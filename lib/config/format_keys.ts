/** Keys of an init.yaml: their spellings, and where they belong. */
import { format, type SectionName } from "./format.ts";

/** The keys of a section in all their spellings. */
export function spellingsOf(section: SectionName): string[] {
  return Object.entries(format[section].keys).flatMap(([key, { spellings = [] }]) => [
    key,
    ...spellings,
  ]);
}

const whereByKey = new Map(
  Object.values(format).flatMap(({ where, keys }) =>
    Object.entries(keys)
      .filter(([, key]) => key.where !== "everywhere")
      .map(([name, key]) => [name, key.where ?? where])
  ),
);

/** A hint on where a key belongs; undefined if the key is unknown, or belongs almost everywhere. */
export function keyLevelHint(key: string): string | undefined {
  const where = whereByKey.get(key);
  return where && `"${key}" belongs ${where}`;
}
