/**
 * A wire between two machines that loses packets and takes its time, for demos and benches: two TUN devices, whose packets
 * this process carries from one to the other. Kernels can do that themselves (netem), but not all have it.
 *
 * deno run --allow-ffi lossy_wire.ts A B LOSS DELAY_MS SEED: makes the devices A and B and says `ready`; LOSS is a part of 1.
 */
const [nameA, nameB, loss, delayMs, seed] = Deno.args;

const { symbols: libc } = Deno.dlopen("libc.so.6", {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize", nonblocking: true },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
});

const readAndWrite = 2;
const tunSetInterface = 0x400454can;
const tunWithoutHeader = 0x1001;
const packetBytesMax = 65_536;

function openTun(name: string): number {
  const encoder = new TextEncoder();
  const fd = libc.open(encoder.encode("/dev/net/tun\0"), readAndWrite);
  const request = new Uint8Array(40);
  request.set(encoder.encode(name));
  new DataView(request.buffer).setUint16(16, tunWithoutHeader, true);
  if (fd < 0 || libc.ioctl(fd, tunSetInterface, request) < 0) {
    throw new Error(
      `cannot make the device ${name}: is there a /dev/net/tun, and is this root here?`,
    );
  }
  return fd;
}

let state = Number(seed) >>> 0;

/** From 0 to 1 (mulberry32). */
function random(): number {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
}

async function carry(from: number, to: number): Promise<void> {
  for (;;) {
    const packet = new Uint8Array(packetBytesMax);
    const length = Number(await libc.read(from, packet, BigInt(packetBytesMax)));
    if (length <= 0 || random() < Number(loss)) continue;
    setTimeout(() => libc.write(to, packet, BigInt(length)), Number(delayMs));
  }
}

const [a, b] = [openTun(nameA), openTun(nameB)];
// deno-lint-ignore no-console
console.log("ready");
await Promise.all([carry(a, b), carry(b, a)]);
