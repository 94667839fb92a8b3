/** Connect over HTTP/2 with binary protocol buffers. */
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { type Connection, packageNamed } from "../systems/contender.ts";

const { createClient } = await packageNamed("@connectrpc/connect");
const { connectNodeAdapter, createConnectTransport, Http2SessionManager } = await packageNamed(
  "@connectrpc/connect-node",
);
const { create, createFileRegistry } = await packageNamed("@bufbuild/protobuf");
const { FieldDescriptorProto_Label, FieldDescriptorProto_Type, FileDescriptorProtoSchema } =
  await packageNamed("@bufbuild/protobuf/wkt");

const Bench = describe();

/** The output of the protocol-buffers compiler for a file with one service. */
function describe() {
  const message = (name: string, types: Record<string, "INT32" | "BYTES" | "STRING">) => ({
    name,
    field: Object.entries(types).map(([name, type], index) => ({
      name,
      jsonName: name,
      number: index + 1,
      label: FieldDescriptorProto_Label.OPTIONAL,
      type: FieldDescriptorProto_Type[type],
    })),
  });
  const method = (name: string, inputType: string, outputType: string) => ({
    name,
    inputType: `.bench.${inputType}`,
    outputType: `.bench.${outputType}`,
  });
  const file = create(FileDescriptorProtoSchema, {
    name: "bench.proto",
    package: "bench",
    syntax: "proto3",
    messageType: [
      message("Operands", { a: "INT32", b: "INT32" }),
      message("Sum", { sum: "INT32" }),
      message("Bytes", { payload: "BYTES" }),
      message("Text", { payload: "STRING" }),
    ],
    service: [{
      name: "Bench",
      method: [
        method("Add", "Operands", "Sum"),
        method("Bytes", "Bytes", "Bytes"),
        method("Text", "Text", "Text"),
      ],
    }],
  });
  return createFileRegistry(file, () => undefined).getService("bench.Bench");
}

interface Payload<Value> {
  readonly payload: Value;
}

interface Router {
  service(description: unknown, methods: Record<string, unknown>): void;
}

/** The server. */
export async function serve(): Promise<number> {
  const handler = connectNodeAdapter({
    routes: (router: Router) =>
      router.service(Bench, {
        add: ({ a, b }: { a: number; b: number }) => ({ sum: a + b }),
        bytes: ({ payload }: Payload<Uint8Array>) => ({ payload }),
        text: ({ payload }: Payload<string>) => ({ payload }),
      }),
  });
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return (server.address() as AddressInfo).port;
}

/** Connects. */
export async function open(port: number): Promise<Connection> {
  const baseUrl = `http://127.0.0.1:${port}`;
  const sessionManager = new Http2SessionManager(baseUrl);
  await sessionManager.connect();
  const transport = createConnectTransport({
    baseUrl,
    httpVersion: "2",
    useBinaryFormat: true,
    sessionManager,
  });
  const bench = createClient(Bench, transport);
  return {
    add: async (a, b) => (await bench.add({ a, b })).sum,
    bytes: async (payload) => (await bench.bytes({ payload })).payload.length,
    text: async (payload) => (await bench.text({ payload })).payload.length,
    close: () => sessionManager.abort(),
  };
}
