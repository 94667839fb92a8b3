/** Final names of received files. */
import { join } from "node:path";
import { syncFolder } from "../../files/durable.ts";
import { numberedName } from "./names.ts";

/**
 * Gives a complete file its final name in a folder, numbered if the name is taken. Never overwrites, and is durable
 * when this resolves. A file that already has such a name keeps it; its old name stays.
 *
 * @returns The name.
 */
export async function giveName(
  path: string,
  { folder, name }: { folder: string; name: string },
): Promise<string> {
  const own = await Deno.stat(path);
  /** The next number to try: one after the other, then with growing steps while the names are taken. */
  let number = 0;
  let step = 1;
  /** The highest number whose name is known to be taken. */
  let taken = -1;
  for (;;) {
    const candidate = numberedName(name, number);
    const target = join(folder, candidate);
    const there = await Deno.lstat(target).catch(() => undefined);
    const isOwn = there !== undefined && there.dev === own.dev && there.ino === own.ino &&
      own.ino !== null;
    if (there !== undefined && !isOwn) {
      taken = number;
      if (number >= numbersInTurn) step *= 2;
      number += step;
      continue;
    }
    if (!isOwn && number - taken > 1) {
      // Too far: the first free number lies in between.
      step = 1;
      number = taken + Math.ceil((number - taken) / 2);
      continue;
    }
    if (!isOwn && !await link(path, target)) continue;
    await syncFolder(folder);
    return candidate;
  }
}

/** Numbers that are tried one by one; strangers may send any number of files with one name. */
const numbersInTurn = 16;

/** @returns Whether it succeeded; false if the name was taken meanwhile. */
async function link(path: string, target: string): Promise<boolean> {
  try {
    await Deno.link(path, target);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    if (error instanceof Deno.errors.NotFound) throw error;
    // The file system has no hard links.
    await Deno.rename(path, target);
    return true;
  }
}
