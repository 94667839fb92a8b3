/** `fetch` for scripts. */
import type { GrantedAddresses } from "./addresses.ts";
import { answered } from "./errors.ts";
import { Request, requestOfRuntime, type Response, shownResponse } from "./messages.ts";
import { runtimeSignal, withRuntimeStreams } from "./streams.ts";

const runtimeFetch = globalThis.fetch;
const RuntimeRequest = globalThis.Request;
const RuntimeHeaders = globalThis.Headers;
const RuntimeURL = globalThis.URL;
const runtimeConnect = Deno.connect;

const fetchedUrls = /^(https?|data):/;

/** The limit of browsers. */
const redirectsMax = 20;
const defaultPorts: Readonly<Record<string, number>> = { "http:": 80, "ws:": 80 };

/**
 * Checks where a name leads if nothing else vouches for it; with TLS, the server's certificate does. The runtime does
 * not reveal the connection of a request, so this one is made and closed before it.
 */
export async function checkPlainAddress(url: string, addresses: GrantedAddresses): Promise<void> {
  const { protocol, hostname, port } = new RuntimeURL(url);
  const defaultPort = defaultPorts[protocol];
  if (defaultPort === undefined || !addresses.isChecked(hostname)) return;
  const conn = await runtimeConnect({ hostname, port: port === "" ? defaultPort : Number(port) });
  addresses.check(hostname, conn);
  conn.close();
}

/** `fetch` for scripts with a network grant. */
export function fetchWithin(addresses: GrantedAddresses): (
  input: unknown,
  init?: unknown,
) => Promise<Response> {
  const { fetch } = {
    async fetch(input: unknown, init?: unknown): Promise<Response> {
      const request = new Request(input, init);
      // The runtime would open a file by following any links; granted files are read by functions that check them.
      if (!fetchedUrls.test(request.url)) {
        throw new TypeError(
          `fetch takes URLs of http:, https: and data:, not ${request.url}; a granted file is read by Deno.readFile`,
        );
      }
      const { signal, forget } = runtimeSignal(request.signal);
      try {
        return await answered(() => follow(requestOfRuntime(request), signal, addresses));
      } catch (error) {
        forget();
        // An aborted request fails with the script's own reason.
        if (request.signal.aborted) throw request.signal.reason;
        throw error;
      }
    },
  };
  return fetch;
}

async function follow(
  first: globalThis.Request,
  signal: AbortSignal | undefined,
  addresses: GrantedAddresses,
): Promise<Response> {
  let request = first;
  for (let redirects = 0; redirects <= redirectsMax; redirects++) {
    await checkPlainAddress(request.url, addresses);
    const next = first.redirect === "follow" ? keptForRedirect(request) : undefined;
    const response = await runtimeFetch(
      new RuntimeRequest(request, { redirect: "manual", signal }),
    );
    const location = response.headers.get("location");
    const isRedirect = [301, 302, 303, 307, 308].includes(response.status) && location !== null;
    if (!isRedirect || first.redirect === "manual") return shownResponse(response, redirects > 0);
    await withRuntimeStreams(() => response.body)?.cancel();
    if (next === undefined) throw new TypeError(`the server redirects to ${location}`);
    request = redirected(request, next, { location, status: response.status });
  }
  throw new TypeError(`the server redirects more than ${redirectsMax} times`);
}

/** A copy with an intact body, if the body can be sent again. */
function keptForRedirect(request: globalThis.Request): globalThis.Request {
  return withRuntimeStreams(() => request.body === null ? request : request.clone());
}

function redirected(
  from: globalThis.Request,
  kept: globalThis.Request,
  { location, status }: { location: string; status: number },
): globalThis.Request {
  const url = new RuntimeURL(location, from.url);
  if (!/^https?:$/.test(url.protocol)) throw new TypeError(`the server redirects to ${url.href}`);
  const headers = new RuntimeHeaders(from.headers);
  if (url.origin !== new RuntimeURL(from.url).origin) {
    for (const name of ["authorization", "cookie", "proxy-authorization"]) headers.delete(name);
  }
  const becomesGet = status === 303
    ? from.method !== "HEAD"
    : status < 303 && from.method === "POST";
  if (!becomesGet) {
    {
      const body = withRuntimeStreams(() => kept.body);
      return new RuntimeRequest(url, { method: from.method, headers, body });
    }
  }
  for (const name of ["content-type", "content-length", "content-encoding"]) headers.delete(name);
  return new RuntimeRequest(url, { method: "GET", headers });
}
