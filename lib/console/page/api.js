/**
 * Requests to the console that serves the page. All addresses are relative, because the page's own contains the token.
 */

/** A JSON response; an error is thrown as `{ code, message, details }`. */
export async function ask(name, body) {
  const response = await request(name, body);
  const json = await response.json();
  if (json.error !== undefined && json.code === undefined && !("deployments" in json)) {
    throw json.error;
  }
  return json;
}

/** A response of JSON lines, one at a time. */
export async function* askLines(name, body, signal) {
  const response = await request(name, body, signal);
  if (response.headers.get("content-type")?.startsWith("application/json")) {
    throw (await response.json()).error;
  }
  let rest = "";
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  while (true) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
    rest = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}

async function request(name, body, signal) {
  let response;
  try {
    response = await fetch(
      `api/${name}`,
      body === undefined ? { signal } : {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        signal,
      },
    );
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw {
      code: "Console Closed",
      message: "the console does not answer: run farcall console again",
    };
  }
  if (response.ok || response.headers.get("content-type")?.startsWith("application/json")) {
    return response;
  }
  throw { code: `Refused (${response.status})`, message: (await response.text()).trim() };
}
