/** A node's rules for HTTP requests, and its refusals. */
import { RpcException } from "../../errors/mod.ts";
import {
  exceptionResponse,
  HttpRefusal,
  type HttpResponse,
  httpStatuses,
} from "../../protocol/json/mod.ts";
import type { NodeContext } from "../node_context.ts";
import type { HttpRules, HttpSurface } from "./http_routes.ts";

/**
 * The accepted host names, origins and routes.
 *
 * @param localHost The node's address on this connection.
 */
export function httpRules(
  { services, hostNames: given, advertised, allowedOrigins }: NodeContext,
  localHost: string | undefined,
  surface: HttpSurface,
): HttpRules {
  const addresses = [localHost, ...advertised.map(hostOf)];
  const names = [...addresses, ...given, services.nodeName]
    .filter((name) => name !== undefined && name !== "")
    .map((name) => name!.toLowerCase());
  const addHost = services.live.isEmbedded
    ? (name: string) => `name "${name}" in the hosts of serve()`
    : (name: string) => `start it with --host ${name}`;
  return { hostNames: [...new Set(names)], addHost, allowedOrigins, surface };
}

/** The refusal of a request; undefined for anything but a refusal, such as a broken connection. */
export function refusalOf(error: unknown): HttpRefusal | undefined {
  if (error instanceof HttpRefusal) return error;
  return error instanceof RpcException
    ? new HttpRefusal(httpStatuses[error.code], error)
    : undefined;
}

/** The response to a refused request; the connection ends with it. */
export function responseTo({ status, exception, fields }: HttpRefusal): HttpResponse {
  const { code: type, message } = exception;
  return exceptionResponse({ type, message }, status, { ...fields, connection: "close" });
}

/** The host of `203.0.113.5:8181` or `[2001:db8::5]:8181`, without brackets. */
function hostOf(address: string): string {
  const host = address.slice(0, address.lastIndexOf(":"));
  return host.startsWith("[") ? host.slice(1, -1) : host;
}
