/** @grpc/grpc-js: HTTP/2 and protocol buffers. */
import { Buffer } from "node:buffer";
import { type Connection, packageNamed } from "../systems/contender.ts";

const grpc = await packageNamed("@grpc/grpc-js");
const protobufs = await packageNamed("@bufbuild/protobuf/wire");
const options = {
  "grpc.max_receive_message_length": 16 * 1024 * 1024,
  "grpc.use_local_subchannel_pool": 1,
};

/** Hand-written codecs for such small messages, equivalent to generated ones. */
const sum = {
  write: ({ a, b }: Operands) =>
    Buffer.from(new protobufs.BinaryWriter().uint32(8).int32(a).uint32(16).int32(b).finish()),
  read: (bytes: Uint8Array): Operands => {
    const reader = new protobufs.BinaryReader(bytes);
    reader.uint32();
    const a = reader.int32();
    reader.uint32();
    return { a, b: reader.int32() };
  },
};
const int = {
  write: (value: number) =>
    Buffer.from(new protobufs.BinaryWriter().uint32(8).int32(value).finish()),
  read: (bytes: Uint8Array): number => {
    const reader = new protobufs.BinaryReader(bytes);
    reader.uint32();
    return reader.int32();
  },
};
const field = {
  bytes: {
    write: (value: Uint8Array) =>
      Buffer.from(new protobufs.BinaryWriter().uint32(10).bytes(value).finish()),
    read: (bytes: Uint8Array): Uint8Array => {
      const reader = new protobufs.BinaryReader(bytes);
      reader.uint32();
      return reader.bytes();
    },
  },
  text: {
    write: (value: string) =>
      Buffer.from(new protobufs.BinaryWriter().uint32(10).string(value).finish()),
    read: (bytes: Uint8Array): string => {
      const reader = new protobufs.BinaryReader(bytes);
      reader.uint32();
      return reader.string();
    },
  },
};

interface Operands {
  readonly a: number;
  readonly b: number;
}

const service = {
  add: method("add", sum, int),
  bytes: method("bytes", field.bytes, field.bytes),
  text: method("text", field.text, field.text),
};

function method(name: string, request: Codec, response: Codec) {
  return {
    path: `/bench.Bench/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: request.write,
    requestDeserialize: request.read,
    responseSerialize: response.write,
    responseDeserialize: response.read,
  };
}

interface Codec {
  // deno-lint-ignore no-explicit-any
  write(value: any): Uint8Array;
  read(bytes: Uint8Array): unknown;
}

type Done = (error: Error | null, value?: unknown) => void;

/** The server. */
export function serve(): Promise<number> {
  const server = new grpc.Server(options);
  server.addService(service, {
    add: ({ request }: { request: Operands }, done: Done) => done(null, request.a + request.b),
    bytes: ({ request }: { request: Uint8Array }, done: Done) => done(null, request),
    text: ({ request }: { request: string }, done: Done) => done(null, request),
  });
  return new Promise((resolve, reject) => {
    const credentials = grpc.ServerCredentials.createInsecure();
    server.bindAsync("127.0.0.1:0", credentials, (error: Error | null, port: number) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}

/** Connects. */
export async function open(port: number): Promise<Connection> {
  const Client = grpc.makeClientConstructor(service, "Bench");
  const client = new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), options);
  const settle = <T>(run: (done: (error: Error | null, value: T) => void) => void): Promise<T> =>
    new Promise((resolve, reject) => {
      run((error, value) => error === null ? resolve(value) : reject(error));
    });
  await new Promise<void>((resolve, reject) => {
    client.waitForReady(Date.now() + 5000, (error?: Error) => error ? reject(error) : resolve());
  });
  return {
    add: (a, b) => settle((done) => client.add({ a, b }, done)),
    bytes: async (payload) =>
      (await settle<Uint8Array>((done) => client.bytes(payload, done))).length,
    text: async (payload) => (await settle<string>((done) => client.text(payload, done))).length,
    close: () => client.close(),
  };
}
