/**
 * The other end of a link: echoes frames over a Unix socket (given its path) or standard input and output.
 *
 *   deno run -A bench/systems/echo.ts [PATH]
 */
import { Channel } from "../../lib/channel/mod.ts";
import { connectUnix, type Transport } from "../../lib/transport/mod.ts";

const [path] = Deno.args;
const transport: Transport = path !== undefined ? await connectUnix(path) : {
  remote: "",
  remoteHost: "",
  remotePort: 0,
  read: (target) => Deno.stdin.read(target),
  write: async (bytes) => {
    for (let start = 0; start < bytes.length;) {
      start += await Deno.stdout.write(bytes.subarray(start));
    }
  },
  closeWrite: () => Promise.resolve(),
  close: () => {},
};
const channel = new Channel(transport);
await channel.run((kind, route, call, body) => channel.send(kind, route, call, body));
