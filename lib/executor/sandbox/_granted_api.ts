/**
 * The `Deno` object and globals of scripts whose service has permissions: functions and objects of ours for the granted
 * kinds only. The runtime checks every use against the grant; these check the targets of names and links.
 */
import type { ServicePermissions } from "../../manifest/service_settings.ts";
import { GrantedAddresses } from "./facades/granted/addresses.ts";
import { Blob, File, FormData } from "./facades/granted/blob.ts";
import { connectingApi, connectionClasses } from "./facades/granted/connections.ts";
import { answeredSync, errors, plainCopy } from "./facades/granted/errors.ts";
import { fetchWithin } from "./facades/granted/fetching.ts";
import { filesApi } from "./facades/granted/files.ts";
import { Headers } from "./facades/granted/headers.ts";
import { Request, Response } from "./facades/granted/messages.ts";
import * as streams from "./facades/granted/streams.ts";
import { CloseEvent, MessageEvent, webSocketWithin } from "./facades/granted/web_socket.ts";

const sysFunctions = [
  ...["hostname", "loadavg", "osUptime", "osRelease", "systemMemoryInfo", "networkInterfaces"],
  ...["uid", "gid"],
] as const;

/** The objects of a grant. */
export interface Granted {
  /** By name in the global scope. */
  readonly globals: Readonly<Record<string, unknown>>;
  /** Objects reachable without a name, to be frozen with the rest. */
  readonly hidden: readonly unknown[];
}

/** The objects of these grants. Call before the global scope is locked. */
export function grantedApi(granted: ServicePermissions): Granted {
  const { net = [], read = [], write = [], env = [], sys = [] } = granted;
  // The runtime also reads the system by this name, when it sets a file's mode.
  const api: Record<string, unknown> = { errors, build: plainCopy(Deno.build) };
  const globals: Record<string, unknown> = { Deno: api };
  const hidden: unknown[] = [];
  if (net.length > 0) {
    const addresses = new GrantedAddresses(net);
    Object.assign(api, connectingApi(addresses));
    const { ReadableStream, ReadableStreamDefaultReader, WritableStream } = streams;
    const { WritableStreamDefaultWriter, ReadableStreamDefaultController } = streams;
    Object.assign(globals, {
      ...{ fetch: fetchWithin(addresses), WebSocket: webSocketWithin(addresses) },
      ...{ Headers, Request, Response, Blob, File, FormData, MessageEvent, CloseEvent },
      ...{ ReadableStream, ReadableStreamDefaultReader, ReadableStreamDefaultController },
      ...{ WritableStream, WritableStreamDefaultWriter },
    });
    hidden.push(...connectionClasses, streams.WritableStreamDefaultController);
    hidden.push(new Headers().entries());
  }
  if (read.length > 0 || write.length > 0) Object.assign(api, filesApi({ read, write }));
  if (env.length > 0) api.env = environment();
  if (sys.length > 0) Object.assign(api, system());
  return { globals, hidden };
}

function environment(): unknown {
  const { get, has } = Deno.env;
  const env = Deno.env;
  return {
    get: (name: unknown) => answeredSync(() => Reflect.apply(get, env, [String(name)])),
    has: (name: unknown) => answeredSync(() => Reflect.apply(has, env, [String(name)])),
  };
}

function system(): Record<string, unknown> {
  const runtime = Deno;
  return Object.fromEntries(sysFunctions.map((name) => {
    const run = runtime[name];
    return [name, () => answeredSync(() => plainCopy(run()))];
  }));
}
