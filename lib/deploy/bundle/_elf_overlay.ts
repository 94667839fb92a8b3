/**
 * What an executable has behind its runtime, apart from what `deno compile` embeds.
 *
 * On Linux, Deno 2.4 reads what is embedded into memory whenever the executable starts, all of it: 5 MB take an eighth of
 * the time of a call, and 5 MB of each node and each executor. What lies between the two is not read. Where what
 * is embedded is a part of the ELF file itself, as Deno 2.9 has it, the system reads no more of it than is used, and the
 * bundler is embedded as all else.
 */
import { InternalError } from "../../errors/mod.ts";

/** How many bytes of an executable {@linkcode runtimeEnd} reads. */
export const executableHeaderBytes = 64;

/**
 * Where the runtime ends in an executable of Linux: an ELF file of 64 bits, little-endian, ends with its section
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

/** Reads what begins where the runtime of this executable ends. @throws {InternalError} If there is not as much. */
export async function readOverlay(bytes: number): Promise<Uint8Array<ArrayBuffer>> {
  using file = await Deno.open(Deno.execPath());
  const start = runtimeEnd(await readBytes(file, executableHeaderBytes));
  if (start === undefined) throw new InternalError(`"${Deno.execPath()}" is not an ELF file`);
  await file.seek(start, Deno.SeekMode.Start);
  return await readBytes(file, bytes);
}

async function readBytes(file: Deno.FsFile, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const target = new Uint8Array(bytes);
  for (let offset = 0; offset < bytes;) {
    const count = await file.read(target.subarray(offset));
    if (count === null) throw new InternalError(`"${Deno.execPath()}" is cut off`);
    offset += count;
  }
  return target;
}
