/** Kernel packet filters (BPF) that select the packets for a raw socket. */
import { c, checked, openLibc } from "./_libc.ts";

/** One instruction: code, jump if true, jump if false, operand. */
type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number];

const loadHeaderLength = 0xb1; // ldxb 4*([k]&0xf)
const loadByte = 0x50; // ldb [x+k]
const loadHalf = 0x48; // ldh [x+k]
const jumpIfEqual = 0x15;
const jumpIfAtLeast = 0x35;
const accept: Instruction = [0x06, 0, 0, 0xffff_ffff];
const drop: Instruction = [0x06, 0, 0, 0];

/**
 * Accepts farcall's own packets (first byte F0 and above) for one port. A read begins at the IP header, whose length
 * varies.
 */
export function packetsFor(port: number): readonly Instruction[] {
  return [
    [loadHeaderLength, 0, 0, 0],
    [loadByte, 0, 0, 0],
    [jumpIfAtLeast, 0, 3, 0xf0],
    [loadHalf, 0, 0, 2],
    [jumpIfEqual, 0, 1, port],
    accept,
    drop,
  ];
}

/** Accepts packets that begin with one byte, such as `{`. */
export function packetsThatBeginWith(byte: number): readonly Instruction[] {
  return [
    [loadHeaderLength, 0, 0, 0],
    [loadByte, 0, 0, 0],
    [jumpIfEqual, 0, 1, byte],
    accept,
    drop,
  ];
}

/** Attaches a filter to a socket. @throws {SystemError} */
export function attachFilter(fd: number, program: readonly Instruction[]): void {
  const code = new Uint8Array(program.length * 8);
  const view = new DataView(code.buffer);
  for (const [index, [operation, ifTrue, ifFalse, operand]] of program.entries()) {
    view.setUint16(index * 8, operation, true);
    view.setUint8(index * 8 + 2, ifTrue);
    view.setUint8(index * 8 + 3, ifFalse);
    view.setUint32(index * 8 + 4, operand, true);
  }
  // struct sock_fprog: the number of instructions, and their address.
  const header = new Uint8Array(16);
  const fields = new DataView(header.buffer);
  fields.setUint16(0, program.length, true);
  fields.setBigUint64(8, Deno.UnsafePointer.value(Deno.UnsafePointer.of(code)), true);
  checked(
    openLibc().setsockopt(fd, c.SOL_SOCKET, c.SO_ATTACH_FILTER, header, header.length),
    "setsockopt SO_ATTACH_FILTER",
  );
}
