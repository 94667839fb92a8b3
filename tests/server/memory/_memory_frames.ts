/** A service whose calls take memory, and frames by hand that call it. */
import { encodeJson } from "../../../lib/encoding/mod.ts";
import { FrameKind, preface } from "../../../lib/protocol/mod.ts";
import { frame } from "../../_support/frames.ts";
import type { TestDeployment } from "../../_support/nodes/node.ts";

export const MiB = 1024 ** 2;
export const deployment: TestDeployment = {
  clients: [{ name: "c1", ip: "127.0.0.1" }, { name: "c2", ip: "127.0.0.1" }],
  services: {
    data: {
      tenants: ["c1", "c2"],
      rpcs: {
        make: {
          args: ["int"],
          returns: ["bytes"],
          source: "export const make = (length) => new Uint8Array(length);\n",
        },
        size: {
          args: ["List[int]"],
          returns: ["int"],
          source: "export const size = (list) => list.length;\n",
        },
        length: {
          args: ["str"],
          returns: ["int"],
          source: "export const length = (text) => text.length;\n",
        },
        wait: {
          args: ["str"],
          source: "export const wait = () => new Promise((done) => setTimeout(done, 60_000));\n",
        },
      },
    },
  },
};
export const make = {
  service: "data",
  rpc: "make",
  argumentTypes: ["int"],
  returnTypes: ["bytes"],
};

export function route(number: number, of: object): Uint8Array {
  return frame(FrameKind.route, { route: number, body: encodeJson({ ...make, ...of }) });
}

export function call(number: number, payload: Uint8Array): Uint8Array {
  return frame(FrameKind.call, { call: number, body: Uint8Array.of(0, 0, 0, 0, ...payload) });
}

export function hello(client: string): Uint8Array {
  const said = { version: 1, software: "x", messageBytesMax: 1 << 25, client };
  return Uint8Array.of(...preface, ...frame(FrameKind.hello, { body: encodeJson(said) }));
}
