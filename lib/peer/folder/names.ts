/** Safe names for received files: they never leave the folder, whatever name a peer sends. */
import { limits } from "../../limits/mod.ts";

const encoder = new TextEncoder();

/**
 * The last component of a name, made safe for every operating system: no path, no control characters, no bidirectional
 * overrides, no leading dot, no Windows device name.
 */
export function safeFileName(given: string): string {
  const last = given.split(/[/\\]/).at(-1)!.normalize("NFC");
  const plain = last
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "")
    .replaceAll(/[<>:"|?*]/g, "_")
    .replace(/^[. ]+/, "_");
  const { stem, extension } = partsOf(withoutEndDots(plain));
  const safeStem = isDevice(stem) ? `_${stem}` : stem;
  const short = shortened(safeStem, extension);
  return short === "" ? "file" : short;
}

/** Adds a number to a taken name: `x.txt` becomes `x_1.txt`. */
export function numberedName(name: string, number: number): string {
  if (number === 0) return name;
  const { stem, extension } = partsOf(name);
  return `${stem}_${number}${extension}`;
}

function partsOf(name: string): { stem: string; extension: string } {
  const dot = name.lastIndexOf(".");
  if (dot <= 0) return { stem: name, extension: "" };
  return { stem: name.slice(0, dot), extension: name.slice(dot) };
}

/** Windows drops trailing dots and spaces, so two names could mean one file. */
function withoutEndDots(name: string): string {
  let end = name.length;
  while (end > 0 && (name[end - 1] === "." || name[end - 1] === " ")) end--;
  return name.slice(0, end);
}

function isDevice(stem: string): boolean {
  return /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i.test(stem);
}

/** Shortens a name to the file system's limit, its stem first. */
function shortened(stem: string, extension: string): string {
  const bytesMax = limits.peer.fileNameBytesMax;
  const shortExtension = cut(extension, bytesMax / 4);
  return cut(stem, bytesMax - encoder.encode(shortExtension).length) + shortExtension;
}

/** Truncates a text to a number of UTF-8 bytes. */
function cut(text: string, bytesMax: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += encoder.encode(character).length;
    if (bytes > bytesMax) break;
    end += character.length;
  }
  return text.slice(0, end);
}
