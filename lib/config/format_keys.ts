/** Keys of an init.yaml by their spellings and places. */
import { format, type SectionName } from "./format.ts";

/** The keys of a section in all their spellings. */
export function spellingsOf(section: SectionName): string[] {
  return Object.entries(format[section].keys).flatMap(([key, { spellings = [] }]) => [
    key,
    ...spellings,
  ]);
}

const places = new Map(
  Object.values(format).flatMap(({ place, keys }) =>
    Object.entries(keys)
      .filter(([, key]) => key.place !== "everywhere")
      .map(([name, key]) => [name, key.place ?? place])
  ),
);

/** A hint on where a key belongs; undefined if the key is unknown, or belongs almost everywhere. */
export function keyLevelHint(key: string): string | undefined {
  const place = places.get(key);
  return place && `"${key}" belongs ${place}`;
}
