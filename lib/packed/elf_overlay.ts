/**
 * Data that an executable has after its runtime, separate from what `deno compile` embeds.
 *
 * On Linux, Deno 2.4 reads all embedded files into memory whenever the executable starts: 5 MB take an eighth of the
 * time of a call, and 5 MB of memory in each node and executor. Data between the runtime and the embedded files is not
 * read. Deno 2.9 embeds files in a section of the ELF file, and the system loads only the pages that are used. So
 * there everything is embedded alike.
 */
import { InternalError } from "../errors/mod.ts";
import { ownExecutable } from "../files/mod.ts";

/** Bytes of an executable that {@linkcode runtimeEnd} needs. */
export const executableHeaderBytes = 64;

/**
 * The offset at which the runtime ends in a Linux executable: a 64-bit little-endian ELF file ends with its section
 * headers (ELF-64 Object File Format, version 1.5, figure 2).
 *
 * @param header The first {@linkcode executableHeaderBytes} of it, or more.
 * @returns undefined for any other executable.
 */
export function runtimeEnd(header: Uint8Array): number | undefined {
  const isElf = [0x7f, 0x45, 0x4c, 0x46, 2, 1].every((byte, index) => header[index] === byte);
  if (!isElf || header.length < executableHeaderBytes) return undefined;
  const view = new DataView(header.buffer, header.byteOffset, executableHeaderBytes);
  const [headersAt, headerBytes, headerCount] = [0x28, 0x3a, 0x3c];
  const start = Number(view.getBigUint64(headersAt, true));
  return start + view.getUint16(headerBytes, true) * view.getUint16(headerCount, true);
}

/** Reads some of the data after this executable's runtime. @throws {InternalError} If it is shorter than that. */
export function readOverlay(
  { offset, length }: { readonly offset: number; readonly length: number },
): Uint8Array<ArrayBuffer> {
  const path = ownExecutable();
  using file = Deno.openSync(path);
  const end = runtimeEnd(readBytes(file, executableHeaderBytes));
  if (end === undefined) throw new InternalError(`"${path}" is not an ELF file`);
  file.seekSync(end + offset, Deno.SeekMode.Start);
  return readBytes(file, length);
}

function readBytes(file: Deno.FsFile, length: number): Uint8Array<ArrayBuffer> {
  const target = new Uint8Array(length);
  for (let offset = 0; offset < length;) {
    const count = file.readSync(target.subarray(offset));
    if (count === null) throw new InternalError(`"${Deno.execPath()}" is cut off`);
    offset += count;
  }
  return target;
}
