import assert from "node:assert/strict";
import type { FarcallError } from "../../lib/errors/mod.ts";
import { FileStore } from "../../lib/store/mod.ts";
import {
  bytesOf,
  manifestOf,
  temporaryFolder,
  type TestDeployment,
  TestNode,
  until,
} from "../_support/nodes/node.ts";

/** Runs an attempt in a script, and returns its outcome. */
function trying(expression: string): TestDeployment {
  return {
    services: {
      trial: {
        rpcs: {
          trial: {
            returns: ["str"],
            source: `export async function trial() {
              try { return "got " + String(await (${expression})); }
              catch (error) { return error.name + ": " + error.message; }
            }`,
          },
        },
      },
    },
  };
}

const text = { returns: ["str"] };

Deno.test("a script finds nothing that leads out of its process", async (t) => {
  const absent = [
    ...["Deno", "process", "global", "Buffer", "require", "module", "fetch", "WebSocket"],
    ...["EventSource", "XMLHttpRequest", "Worker", "SharedWorker", "BroadcastChannel"],
    ...["MessageChannel", "WebAssembly", "localStorage", "sessionStorage", "indexedDB"],
    ...["caches", "navigator", "location", "eval", "close", "window", "prompt", "alert"],
    ...["confirm", "Request", "Response", "FileReader", "File", "reportError", "GPU"],
    ...["importScripts", "opener", "name", "status"],
    ...["ShadowRealm", "setImmediate", "onerror", "onunhandledrejection", "Cache", "Storage"],
  ];
  await using node = await TestNode.start({
    isWarm: true,
    deployment: {
      services: {
        look: {
          rpcs: {
            globals: {
              returns: ["List[str]"],
              source: `export const globals = () =>
                Reflect.ownKeys(globalThis).filter((key) => globalThis[key] !== undefined).map(String);`,
            },
            present: {
              args: ["List[str]"],
              returns: ["List[str]"],
              source: `export const present = (names) =>
                names.filter((name) => globalThis[name] !== undefined);`,
            },
            useful: {
              returns: ["str"],
              source: `export async function useful() {
                const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode("x"));
                const url = new URL("https://example.com/a?b=c");
                const copy = structuredClone(new Map([["a", [1n]]]));
                await new Promise((done) => setTimeout(done, 1));
                return [new Uint8Array(digest).length, url.searchParams.get("b"), copy.get("a")[0],
                  atob(btoa("z")), typeof performance.now(), Intl.NumberFormat("de").format(1.5)].join();
              }`,
            },
          },
        },
      },
    },
  });
  await using connection = await node.connection();
  await t.step("nothing of the runtime is left", async () => {
    const options = { args: ["List[str]"], returns: ["List[str]"] };
    assert.deepEqual(await connection.call("look.present", [absent], options), []);
  });
  await t.step("the remaining globals are a reviewed list", async () => {
    const globals = await connection.call("look.globals", [], { returns: ["List[str]"] });
    const strange = (globals as string[]).filter((name) =>
      /deno|node|bootstrap|internal/i.test(name) && !name.startsWith("Symbol(")
    );
    assert.deepEqual(strange, []);
    assert.ok((globals as string[]).length < 120, `${(globals as string[]).length} globals`);
  });
  await t.step("everything that computing needs exists", async () => {
    assert.equal(await connection.call("look.useful", [], text), "32,c,1,z,number,1,5");
  });
});

Deno.test("a script cannot create code from strings", async (t) => {
  await using node = await TestNode.start();
  await using connection = await node.connection();
  const attempts: Record<string, RegExp> = {
    "new Function('return 1')()": /^EvalError: Code generation from strings disallowed/,
    "(() => {}).constructor('return 1')()": /^EvalError/,
    "(async () => {}).constructor('return 1')()": /^EvalError/,
    "(function* () {}).constructor('return 1')().next().value": /^EvalError/,
    "(async function* () {}).constructor('return 1')()": /^EvalError/,
    "eval('1')": /^(ReferenceError: eval is not defined|TypeError: eval is not a function)/,
  };
  for (const [expression, expected] of Object.entries(attempts)) {
    await t.step(expression, async () => {
      await connection.deploy(trying(expression));
      const outcome = String(await connection.call("trial.trial", [], text));
      assert.match(outcome, expected);
    });
  }
  await t.step("a string given to setTimeout did not run either", async () => {
    // An error after 1 ms is thrown before another after 5.
    await connection.deploy(trying(
      `(setTimeout("globalThis.Math.leaked = 1", 1), new Promise((done) => setTimeout(done, 5)))
        .then(() => Math.leaked)`,
    ));
    const outcome = String(await connection.call("trial.trial", [], text));
    assert.ok(outcome === "got undefined" || /^\w+Error: /.test(outcome), outcome);
  });
});

Deno.test("permissions for loading are dropped before the first call: not even scripts can be read", async () => {
  // The node refuses scripts with imports; this one bypasses it, as if that check had failed.
  await using root = await temporaryFolder();
  const attempt = trying("import(import.meta.url.replace(/[0-9a-f]{64}/, 'other'))");
  const { manifest, scripts } = await manifestOf(attempt);
  {
    await using store = await FileStore.open(root.path);
    for (const bytes of scripts.values()) await store.putScript(bytes);
    await (await store.prepare(manifest)).commit();
  }
  await Deno.writeTextFile(`${root.path}/services/other.js`, "export default 1;");
  await Deno.writeFile(`${root.path}/services/other2.js`, bytesOf("export default 1;"));
  await using node = await TestNode.start({ root: root.path });
  await using connection = await node.connection();
  const outcome = await connection.call("trial.trial", [], text);
  assert.match(String(outcome), /^(TypeError|NotCapable): .*\bread\b/);
});

Deno.test("every permission is dropped, reading scripts once they are loaded", async () => {
  const probe = new URL("./_permissions_probe.ts", import.meta.url).pathname;
  const [socket, folder] = ["/tmp/farcall-socket", "/tmp/farcall-services"];
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", `--allow-read=${folder},${socket}`],
      ...[`--allow-write=${socket}`, "--allow-net", "--allow-env", "--allow-sys", "--allow-run"],
      ...[probe, socket, folder],
    ],
  }).output();
  assert.equal(new TextDecoder().decode(stderr), "");
  assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout)), [
    { states: ["net", "env", "run", "sys"], canRead: true },
    { states: [], canRead: true },
    { states: [], canRead: false },
  ]);
});

Deno.test("an import that got past the node's check reaches nothing outside", async (t) => {
  await using root = await temporaryFolder();
  const targets = [
    "https://example.com/x.js",
    "http://127.0.0.1:1/x.js",
    "npm:yaml",
    "jsr:@std/assert",
    "file:///etc/hostname",
  ];
  const rpcs = Object.fromEntries(targets.map((target, index) => [`trial${index}`, {
    returns: ["str"],
    source: `export default async () => {
      try {
        const found = await import(${JSON.stringify(target)});
        return "got " + Object.keys(found).join();
      } catch (error) { return error.name + ": " + error.message; }
    };`,
  }]));
  const { manifest, scripts } = await manifestOf({ services: { trial: { rpcs } } });
  {
    await using store = await FileStore.open(root.path);
    for (const bytes of scripts.values()) await store.putScript(bytes);
    await (await store.prepare(manifest)).commit();
  }
  await using node = await TestNode.start({ root: root.path });
  await using connection = await node.connection();
  for (const [index, target] of targets.entries()) {
    await t.step(target, async () => {
      const outcome = await connection.call(`trial.trial${index}`, [], text).catch(String);
      assert.match(String(outcome), /^\w+: /);
    });
  }
});

Deno.test("a script's output is in the log, with its service and rpc", async (t) => {
  await using node = await TestNode.start({
    isWarm: true,
    deployment: {
      services: {
        talk: {
          rpcs: {
            talk: {
              source: `export function talk() {
                console.log("hello", { a: [1, 2n] }, null, undefined, 7);
                console.debug("quietly");
                console.info("plainly");
                console.warn("carefully");
                console.error(new Error("loudly"));
                console.log("x".repeat(20_000));
                console.log("line\\n\\x1b[31mline");
                const loop = {}; loop.loop = loop; console.log(loop);
                console.log({ get toString() { throw 1; } }, Symbol("s"), () => 1);
              }`,
            },
            flood: {
              args: ["int"],
              source:
                "export function flood(lines) { for (let i = 0; i < lines; i++) console.log(i); }",
            },
            loading: {
              source: "console.log('while loading');\nexport const loading = () => {};",
            },
          },
        },
      },
    },
  });
  await using connection = await node.connection();
  await node.log.until("script.console", { service: "talk", text: "while loading" });
  await connection.call("talk.talk");
  await t.step("each line once, at its level", async () => {
    const { level, fields } = await node.log.until("script.console", { rpc: "talk" });
    assert.equal(level, "info");
    assert.equal(fields.service, "talk");
    assert.match(String(fields.text), /^hello \{.*a.*1.*2n.*\} null +undefined 7$/);
    for (const [name, said] of [["debug", "quietly"], ["info", "plainly"], ["warn", "carefully"]]) {
      const record = await node.log.until("script.console", { text: said });
      assert.equal(record.level, name);
    }
    const lines = node.log.all("script.console", { rpc: "talk" });
    assert.match(String(lines[4].fields.text), /^Error: loudly\n/);
    assert.equal(lines[4].level, "error");
    assert.ok(lines.some(({ fields }) => fields.text === "x".repeat(8192)), "long lines are cut");
    for (
      const text of [
        "<ref *1> { loop: [Circular *1] }",
        "{ toString: [Getter] } Symbol(s) [Function: (anonymous)]",
      ]
    ) {
      assert.ok(lines.some(({ fields }) => fields.text === text), text);
    }
  });
  await t.step("a flood is counted, not written", async () => {
    await connection.call("talk.flood", [5000], { args: ["int"] });
    const lines = () => node.log.all("script.console").map(({ fields }) => String(fields.text));
    await until("what was left out is told", async () => {
      await connection.call("talk.flood", [1], { args: ["int"] });
      return lines().some((line) => /^\d+ more .*\blogged\b/.test(line));
    });
    assert.ok(lines().length < 1000, `${lines().length} lines`);
  });
});

Deno.test("a late line belongs to the call that caused it, never to the one that is running by then", async () => {
  const leaves = `export function leaves() {
    console.log("first of leaves");
    setTimeout(() => console.log("by a timer"), 5);
    new Promise((done) => setTimeout(done, 5)).then(() => console.log("by a promise"));
    const controller = new AbortController();
    controller.signal.addEventListener("abort", () => console.log("by a listener"));
    setTimeout(() => controller.abort(), 5);
    setTimeout(() => queueMicrotask(() => console.log("by a microtask")), 5);
  }`;
  const stays = `export async function stays() {
    console.log("first of stays");
    await new Promise((done) => setTimeout(done, 50));
    console.log("last of stays");
  }`;
  await using node = await TestNode.start({
    isWarm: true,
    deployment: {
      services: { s: { rpcs: { leaves: { source: leaves }, stays: { source: stays } } } },
    },
  });
  await using connection = await node.connection();
  await connection.call("s.leaves");
  await connection.call("s.stays");
  const callOf = async (text: string): Promise<unknown> =>
    (await node.log.until("script.console", { text })).fields.call;
  const [left, stayed] = [await callOf("first of leaves"), await callOf("first of stays")];
  assert.notEqual(left, stayed);
  assert.equal(await callOf("last of stays"), stayed);
  for (const text of ["by a timer", "by a promise", "by a listener", "by a microtask"]) {
    assert.equal(await callOf(text), left, text);
    const { fields } = await node.log.until("script.console", { text });
    assert.notEqual(fields.rpc, "stays", text);
  }
});

Deno.test("an error thrown after the reply is logged, and the executor continues", async () => {
  await using node = await TestNode.start({
    isWarm: true,
    deployment: {
      services: {
        late: {
          rpcs: {
            late: {
              returns: ["str"],
              source: `const id = crypto.randomUUID();
                export function late() {
                  Promise.reject(new Error("rejected late"));
                  Promise.reject(undefined);
                  queueMicrotask(() => { throw new Error("thrown in a microtask"); });
                  setTimeout(() => { throw new Error("thrown in a timer"); }, 1);
                  setTimeout(() => { throw Object.freeze(Object.create(null)); }, 1);
                  setInterval(() => {}, 1);
                  return id;
                }`,
            },
          },
        },
      },
    },
  });
  await using connection = await node.connection();
  const id = await connection.call("late.late", [], text);
  for (const said of ["rejected late", "thrown in a microtask", "thrown in a timer"]) {
    const isSaid = () =>
      node.log.all("script.console").some(({ level, fields }) =>
        level === "error" && String(fields.text).includes(said)
      );
    while (!isSaid()) {
      await node.log.until("script.console", {}, node.log.all("script.console").length + 1);
    }
  }
  assert.equal(await connection.call("late.late", [], text), id);
});

/** Names that scripts use to reach granted resources, and the line of init.yaml that would grant each. */
const ungranted: Readonly<Record<string, [source: string, line: RegExp]>> = {
  "fetch": ["fetch('http://127.0.0.1/')", /permissions: \{ net:/],
  "globalThis.fetch": ["globalThis.fetch('http://127.0.0.1/')", /permissions: \{ net:/],
  "WebSocket": ["new WebSocket('ws://127.0.0.1/')", /permissions: \{ net:/],
  "the runtime's environment": ["globalThis.Deno.env.get('HOME')", /permissions: \{ env:/],
  "Node's environment": ["globalThis.process.env.HOME", /permissions: \{ env:/],
  "the runtime's environment by its name": ["Deno.env.get('HOME')", /permissions: /],
  "a file": ["globalThis.Deno.readTextFile('/etc/hostname')", /permissions: \{ read:/],
  "a file to write": ["globalThis.Deno.writeTextFile('/tmp/x', '')", /permissions: \{ write:/],
  "a connection": ["globalThis.Deno.connect({ port: 1 })", /permissions: \{ net:/],
  "the system": ["globalThis.Deno.hostname()", /permissions: \{ sys:/],
};

Deno.test("a script that uses an ungranted resource is told which line of init.yaml requests it", async (t) => {
  const sources = Object.entries(ungranted).map(([, [source]], index) =>
    [`looks${index}`, { source: `export default async () => { await ${source}; };` }] as const
  );
  const own = { source: "export default () => { undefined.name; };" };
  await using node = await TestNode.start({
    isWarm: true,
    deployment: { services: { s: { rpcs: { ...Object.fromEntries(sources), own } } } },
  });
  await using connection = await node.connection();
  for (const [index, [name, [, line]]] of Object.entries(ungranted).entries()) {
    await t.step(name, async () => {
      await assert.rejects(connection.call(`s.looks${index}`, []), (error: FarcallError) => {
        assert.equal(error.code, "Execution Exception");
        assert.match(error.message, line);
        return true;
      });
    });
  }
  await t.step("its own mistake is reported unchanged", async () => {
    await assert.rejects(connection.call("s.own", []), (error: FarcallError) => {
      assert.doesNotMatch(error.message, /permissions/);
      return true;
    });
  });
});
