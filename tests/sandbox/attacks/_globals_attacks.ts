/** Escaping through objects reachable from the global scope. */
import type { Attack } from "./attacks.ts";
import { isMissing, trying } from "../_trying.ts";

const gone = "Deleted before scripts load: only the language and pure web APIs stay global.";

export const globalsAttacks: readonly Attack[] = [
  {
    name: "read a file: Deno.readTextFile",
    source: trying("return await Deno.readTextFile(bait.file);"),
    expected: isMissing("Deno"),
    why: gone,
  },
  {
    name: "write a file: Deno.writeTextFile",
    source: trying("return await Deno.writeTextFile(bait.folder + '/written', 'x');"),
    expected: isMissing("Deno"),
    why: gone,
  },
  {
    name: "connect: Deno.connect",
    source: trying("return await Deno.connect({ port: bait.port });"),
    expected: isMissing("Deno"),
    why: gone,
  },
  {
    name: "read the environment of the node: Deno.env",
    source: trying("return Deno.env.get(bait.variable);"),
    expected: isMissing("Deno"),
    why: "Deleted before scripts load. The process has no environment either.",
  },
  {
    name: "stall the process in V8's collector: gc",
    source: trying("return gc ?? globalThis.gc;"),
    expected: { value: "got undefined" },
    why: "Emptied before scripts load: V8 does not let it be deleted.",
  },
  {
    name: "start a program: Deno.Command",
    source: trying(
      "return new Deno.Command('touch', { args: [bait.folder + '/run'] }).outputSync();",
    ),
    expected: isMissing("Deno"),
    why: gone,
  },
  {
    name: "end the process: Deno.exit",
    source: trying("return Deno.exit(3);"),
    expected: isMissing("Deno"),
    why: gone,
  },
  {
    name: "kill the node: Deno.kill",
    source: trying("return Deno.kill(bait.pid, 'SIGKILL');"),
    expected: isMissing("Deno"),
    why: gone,
  },
  {
    name: "call native code: Deno.dlopen",
    source: trying(
      "return Deno.dlopen('libc.so.6', { getpid: { parameters: [], result: 'i32' } });",
    ),
    expected: isMissing("Deno"),
    why: gone,
  },
  {
    name: "ask for permissions: Deno.permissions.request",
    source: trying("return (await Deno.permissions.request({ name: 'read' })).state;"),
    expected: isMissing("Deno"),
    why: gone,
  },
  {
    name: "forge replies on standard output: Deno.stdout.writeSync",
    source: trying("return Deno.stdout.writeSync(new Uint8Array([1, 2, 3]));"),
    expected: isMissing("Deno"),
    why: "Deleted before scripts load. Replies use a socket; stdout leads nowhere.",
  },
  {
    name: "the runtime's internals: Deno.internal, by every symbol of the global scope",
    source: trying(`
      const found = [];
      const looksInner = (key) => /internal|core|bootstrap|primordials|^ops$/i.test(String(key));
      for (let scope = globalThis; scope; scope = Object.getPrototypeOf(scope)) {
        for (const key of Reflect.ownKeys(scope)) if (looksInner(key) && scope[key] !== undefined) found.push(String(key));
      }
      return found.join() + "|" + typeof globalThis[Symbol.for("Deno.internal")];
    `),
    expected: { value: "got |undefined" },
    why: gone,
  },
  {
    name: "the runtime's internals: everything reachable, searched for their names",
    source: trying(`
      const seen = new Set(), open = [globalThis, import_, async () => {}], found = [];
      function import_() {}
      while (open.length > 0) {
        const item = open.pop();
        if (item === null || !/^(object|function)$/.test(typeof item) || seen.has(item)) continue;
        seen.add(item);
        open.push(Object.getPrototypeOf(item));
        for (const key of Reflect.ownKeys(item)) {
          const { value, get, set } = Object.getOwnPropertyDescriptor(item, key);
          if (/^(op_\\w+|core|ops|internalRidSymbol|primordials|dlopen|writeSync|readSync)$/.test(String(key))) {
            found.push(String(key));
          }
          open.push(value, get, set);
        }
      }
      return found.join() + "|" + (seen.size > 500);
    `),
    expected: { value: "got |true" },
    why: gone,
  },
  {
    name: "end the process: process.exit, process.abort, process.kill, process.reallyExit",
    source: trying(
      "for (const how of ['exit', 'abort', 'reallyExit', 'kill']) process[how](bait.pid, 9);",
    ),
    expected: isMissing("process"),
    why: gone,
  },
  {
    name: "Node's modules: process.getBuiltinModule",
    source: trying("return process.getBuiltinModule('node:fs').readFileSync(bait.file, 'utf8');"),
    expected: isMissing("process"),
    why: gone,
  },
  {
    name: "Node's modules: require, module.require",
    source: trying(
      "return (typeof module === 'object' ? module.require : require)('node:fs').readFileSync(bait.file);",
    ),
    expected: isMissing("require"),
    why: "ES modules have no require and no module, and need node:module to make one.",
  },
  {
    name: "the command line of the node: process.argv, process.ppid",
    source: trying("return process.argv + process.ppid;"),
    expected: isMissing("process"),
    why: gone,
  },
  {
    name: "Node's globals: Buffer, global, setImmediate, __dirname",
    source: trying(
      "return ['Buffer', 'global', 'setImmediate', '__dirname', 'root'].filter((name) => globalThis[name] !== undefined);",
    ),
    expected: { value: "got " },
    why: gone,
  },
  {
    name: "the network: fetch, WebSocket, EventSource, XMLHttpRequest, WebTransport",
    source: trying(`
      const names = ["fetch", "WebSocket", "WebSocketStream", "EventSource", "XMLHttpRequest", "WebTransport"];
      for (const name of names) {
        if (globalThis[name] === undefined) continue;
        return await new globalThis[name]("http://127.0.0.1:" + bait.port + "/");
      }
      return "nothing";
    `),
    expected: { value: "got nothing" },
    why: gone,
  },
  {
    name: "a nested worker, with its own permissions",
    source: trying(`
      const url = "data:text/javascript,postMessage(1)";
      return new Worker(url, { type: "module", deno: { permissions: "inherit" } });
    `),
    expected: isMissing("Worker"),
    why: gone,
  },
  {
    name: "SharedWorker, ServiceWorker, BroadcastChannel, MessageChannel",
    source: trying(
      `return ["SharedWorker", "navigator", "BroadcastChannel", "MessageChannel", "postMessage", "onmessage"]
      .filter((name) => globalThis[name] !== undefined);`,
    ),
    expected: { value: "got " },
    why: gone,
  },
  {
    name: "storage on disk: localStorage, caches, indexedDB, Deno.openKv",
    source: trying(
      `return ["localStorage", "sessionStorage", "caches", "indexedDB", "Deno", "Storage"]
      .filter((name) => globalThis[name] !== undefined);`,
    ),
    expected: { value: "got " },
    why: gone,
  },
  {
    name: "end or halt the process: close, prompt, alert, confirm, reportError",
    source: trying(`return ["close", "prompt", "alert", "confirm", "reportError", "stop"]
      .filter((name) => globalThis[name] !== undefined);`),
    expected: { value: "got " },
    why: gone,
  },
  {
    name: "a module out of a Blob: URL.createObjectURL",
    source: trying(
      "return URL.createObjectURL(new Blob(['export default 1'], { type: 'text/javascript' }));",
    ),
    expected: {
      value:
        /^(ReferenceError: Blob is not defined|TypeError: .* is not a (function|constructor))$/,
    },
    why: "Scripts have no Blob, no createObjectURL, and no import() to load the URL.",
  },
  {
    name: "read descriptors: a ReadableStream with a resource number",
    source: trying("return new ReadableStream({ rid: 3 }).getReader().read();"),
    expected: isMissing("ReadableStream"),
    why: "Deleted: the runtime's streams keep a resource number that scripts could set.",
  },
  {
    name: 'forge runtime objects: structuredClone with Symbol.for("Deno.core.hostObject")',
    source: trying(`
      const marked = { type: "MessagePort", [Symbol.for("Deno.core.hostObject")]: "MessagePort", rid: 3 };
      return Object.prototype.toString.call(structuredClone(marked));
    `),
    expected: { value: "got [object Object]" },
    why: "structuredClone is farcall's own and copies only the language's values.",
  },
  {
    name: "wait on the link to the node: Atomics.wait on a shared buffer",
    source: trying("return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);"),
    expected: { value: /^(got timed-out|TypeError: .*)$/ },
    why: "Nothing else shares the buffer: only this executor waits, until the call's deadline.",
  },
  {
    name: "hide errors from the executor: stop the propagation of its error events",
    source: trying(`
      const listen = EventTarget.prototype.addEventListener;
      listen.call(globalThis, "unhandledrejection", (event) => event.stopImmediatePropagation(), true);
      EventTarget.prototype.dispatchEvent.call(globalThis, new Event("unload"));
      Promise.reject(new Error("nobody handles this"));
      await new Promise((done) => setTimeout(done, 5));
      return "on";
    `),
    expected: { value: /^(got on|TypeError: .*)$/ },
    why: "The executor's listeners run first, and only log.",
  },
  {
    name: "stop others' timers: clearTimeout for every small number",
    source: trying(
      "for (let id = 0; id < 10_000; id++) { clearTimeout(id); clearInterval(id); } return 'done';",
    ),
    expected: { value: "got done" },
    why: "Timer ids cannot be guessed, and the executor's own timers are separate.",
  },
];
