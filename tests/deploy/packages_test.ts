/** Third-party packages in scripts: found, bundled reproducibly, and refused if they cannot run. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { bundle, bundledText, type Files, mistakesOf, shown, withSources } from "./_sources.ts";
import { diagnostic, mentions } from "../_support/mentions.ts";

/** The result of a bundled script's `f`. */
async function run(folder: string, path = "f.ts"): Promise<unknown> {
  const text = await bundledText(folder, path, "f");
  const module = await import(`data:text/javascript,${encodeURIComponent(text)}`);
  return module.f();
}

/** A package in node_modules, version 1.0.0. */
function packaged(name: string, json: object, files: Files, below = "node_modules"): Files {
  const all: Record<string, string | Uint8Array> = {
    [`${below}/${name}/package.json`]: JSON.stringify({ name, version: "1.0.0", ...json }),
  };
  for (const [path, text] of Object.entries(files)) all[`${below}/${name}/${path}`] = text;
  return all;
}

const f = (specifier: string, what = "x") =>
  `import ${what} from "${specifier}";\nexport const f = () => x;\n`;

for (
  const [what, specifier, files, expected] of [
    [
      "module in place of main",
      "p",
      packaged("p", { main: "m.js", module: "e.js" }, {
        "m.js": "module.exports = 'main';",
        "e.js": "export default 'module';",
      }),
      "module",
    ],
    [
      "browser in place of module",
      "p",
      packaged("p", { browser: "b.js", module: "e.js" }, {
        "b.js": "export default 'browser';",
        "e.js": "export default 'module';",
      }),
      "browser",
    ],
    [
      "conditions, in their order",
      "p",
      packaged("p", {
        exports: { ".": { node: "./n.js", browser: { import: "./b.js" }, default: "./n.js" } },
      }, { "b.js": "export default 'browser';", "n.js": "import 'node:fs';" }),
      "browser",
    ],
    [
      "a list of targets",
      "p",
      packaged("p", { exports: [{ node: "./n.js" }, "./b.js"] }, {
        "b.js": "export default 'second';",
      }),
      "second",
    ],
    [
      "a part by a pattern",
      "p/parts/a",
      packaged("p", {
        exports: { "./parts/*": "./dist/*.js", "./parts/b*": null },
      }, { "dist/a.js": "export default 'part';" }),
      "part",
    ],
    [
      "a part without exports, without its ending",
      "p/lib/a",
      packaged("p", {}, {
        "lib/a.js": "module.exports = require('../b');",
        "b/index.js": "module.exports = 'folder';",
      }),
      "folder",
    ],
    [
      "CommonJS that changes files for browsers",
      "p",
      packaged("p", {
        main: "./m",
        browser: { "./n.js": "./b.js", fs: false, old: "new" },
      }, {
        "m.js":
          "module.exports = [require('./n'), Object.keys(require('fs')), require('old')].join();",
        "b.js": "module.exports = 'b';",
        "n.js": "module.exports = 'n';",
        "node_modules/new/index.js": "module.exports = 'new';",
        "node_modules/new/package.json": "{}",
      }),
      "b,,new",
    ],
    [
      "names of its own",
      "p",
      packaged("p", {
        exports: "./m.js",
        imports: { "#a": "./a.js", "#b/*": "./b/*.js" },
      }, {
        "m.js": "import a from '#a';\nimport c from '#b/c';\nexport default a + c;",
        "a.js": "export default 'a';",
        "b/c.js": "export default 'c';",
      }),
      "ac",
    ],
    [
      "itself by its name",
      "p",
      packaged("p", { exports: { ".": "./m.js", "./a": "./a.js" } }, {
        "m.js": "export { default } from 'p/a';",
        "a.js": "export default 'self';",
      }),
      "self",
    ],
    ["a package that it has for itself", "p", {
      ...packaged("p", {}, { "index.js": "module.exports = require('q');" }),
      ...packaged("q", {}, { "index.js": "module.exports = 'outer';" }),
      ...packaged(
        "q",
        {},
        { "index.js": "module.exports = 'inner';" },
        "node_modules/p/node_modules",
      ),
    }, "inner"],
    [
      "what is production, and what is not there",
      "p",
      packaged("p", {}, {
        "index.js": `let fs = "none";
        try { fs = require("fs"); } catch {}
        if (process.env.NODE_ENV !== "production") require("never");
        module.exports = fs;`,
      }),
      "none",
    ],
    [
      "a file of another package in place of its own",
      "p",
      packaged("p", {
        main: "m.js",
        browser: { "./m.js": "p/a.js", "./a.js": "p/m.js" },
      }, { "m.js": "module.exports = 'm';", "a.js": "module.exports = 'a';" }),
      "a",
    ],
    ["JSON", "p/data.json", packaged("p", {}, { "data.json": `{ "a": 1 }` }), { a: 1 }],
    [
      "a version that fits",
      "npm:p@^1.0",
      packaged("p", {}, {
        "index.js": "module.exports = 'one';",
      }),
      "one",
    ],
    [
      "a part, by npm:",
      "npm:@s/p@1.0.0/a",
      packaged("@s/p", {}, {
        "a.js": "module.exports = 'scoped';",
      }),
      "scoped",
    ],
    ["what deno.json calls otherwise", "short/a.js", {
      "deno.jsonc": `{ // the map\n"imports": { "short": "npm:p@1", }, }`,
      ...packaged("p", {}, { "a.js": "export default 'mapped';" }),
    }, "mapped"],
    ["a folder by deno.json", "@/a.ts", {
      "deno.json": `{ "imports": { "@/": "./lib/" } }`,
      "lib/a.ts": "export default 'own' as string;",
    }, "own"],
    [
      "a module of Node's name that is installed",
      "events",
      packaged("events", {}, {
        "index.js": "module.exports = 'polyfill';",
      }),
      "polyfill",
    ],
  ] as [string, string, Files, unknown][]
) {
  Deno.test(`a script gets of a package ${what}`, async () => {
    await withSources({ "f.ts": f(specifier), ...files }, async (folder) => {
      assert.deepEqual(await run(folder), expected);
    });
  });
}

Deno.test("files are imported as text, as bytes, and TypeScript by the name of its JavaScript", async () => {
  const files = {
    "f.ts": `import text from "./a.txt" with { type: "text" };
      import bytes from "./b.bin" with { type: "bytes" };
      import json from "./c.json" with { type: "json" };
      import source from "./c.json" with { type: "text" };
      import d from "./d.js";
      export const f = () => [text, [...bytes], json.c, source, d, import.meta.main];`,
    "a.txt": "ä\r\nb\n",
    "b.bin": new Uint8Array([0, 255, 13, 10]),
    "c.json": `{ "c": 3 }`,
    "d.ts": "export default 4 as number;",
    "*.ts": "export const f = () => 'star';",
  };
  await withSources(files, async (folder) => {
    const expected = ["ä\nb\n", [0, 255, 13, 10], 3, `{ "c": 3 }`, 4, false];
    assert.deepEqual(await run(folder), expected);
    assert.equal(await run(folder, "*.ts"), "star");
  });
});

Deno.test("a package gives the same script wherever and however it is installed", async () => {
  const inner = packaged("q", {}, { "index.js": "module.exports = 'q';" });
  const files = packaged("p", {}, { "index.js": "module.exports = require('q');" });
  const source = { "s/f.ts": f("p") };
  const ids = new Set<string>();
  const add = (files: Files, prepare: (folder: string) => Promise<unknown>, at = ".") =>
    withSources(files, async (folder) => {
      await prepare(folder);
      ids.add((await bundle(join(folder, at), ["s/f.ts", "f"])).scripts[0].script);
    });
  await add({ ...source, ...files, ...inner }, async () => {});
  const above = { "work/s/f.ts": f("p"), "package-lock.json": "{}", ...files, ...inner };
  await add(above, async () => {}, "work");
  const store = (name: string) => `node_modules/.pnpm/${name}@1.0.0/node_modules`;
  const kept = {
    ...source,
    ...packaged("p", {}, { "index.js": "module.exports = require('q');" }, store("p")),
    ...packaged("q", {}, { "index.js": "module.exports = 'q';" }, store("q")),
  };
  await add(kept, async (folder) => {
    await Deno.symlink(join(folder, store("p"), "p"), join(folder, "node_modules/p"));
    await Deno.symlink(join(folder, store("q"), "q"), join(folder, store("p"), "q"));
  });
  assert.equal(ids.size, 1);
});

Deno.test("only the used parts of a package without side effects are bundled", async () => {
  const modules = {
    "index.js": "export { default as x } from './x.js';\nexport { default as y } from './y.js';",
    "x.js": "globalThis.ran = 'x';\nexport default 'used';",
    "y.js": "globalThis.ran = 'left out';\nexport default 'unused';",
  };
  const options: [unknown, boolean][] = [[false, false], [["*.css"], false], [["./y.js"], true], [
    true,
    true,
  ]];
  for (const [sideEffects, isIn] of options) {
    const files = packaged("p", { main: "index.js", sideEffects }, modules);
    await withSources({ "f.ts": f("p", "{ x }"), ...files }, async (folder) => {
      const text = await bundledText(folder, "f.ts", "f");
      assert.match(text, /"used"/);
      assert.equal(text.includes("left out"), isIn, JSON.stringify(sideEffects));
    });
  }
});

for (
  const [what, specifier, files, expected] of [
    [
      "that needs Node",
      "p",
      {
        ...packaged("p", {}, { "index.js": "module.exports = require('q');" }),
        ...packaged("q", {}, {
          "lib/a.js": "\n  import 'node:fs';",
          "index.js": "import './lib/a.js';",
        }),
      },
      diagnostic(
        "s/f.ts:2:15",
        '"p"',
        "q@1.0.0/lib/a.js:2:10",
        '"node:fs"',
        "s/f.ts",
        "p@1.0.0",
        "import",
      ),
    ],
    [
      "that requires Node",
      "p",
      packaged("p", {}, {
        "index.js": "const os = require('os');\nmodule.exports = os;",
      }),
      diagnostic("s/f.ts:2:15", '"p"', "p@1.0.0/index.js:1:20", '"os"', "import"),
    ],
    [
      "that loads what it finds",
      "p",
      packaged("p", {}, {
        "index.js": "module.exports = (name) => require(name);",
      }),
      mentions("require()", "→ p@1.0.0"),
    ],
    [
      "that imports what it finds",
      "p",
      packaged("p", {}, {
        "index.js": "export default (name) => import(name);",
      }),
      mentions("import()", "→ p@1.0.0"),
    ],
    [
      "of machine code",
      "p",
      packaged("p", { main: "p.node" }, { "p.node": "" }),
      mentions("p@1.0.0", "machine"),
    ],
    [
      "of WebAssembly",
      "p",
      packaged("p", {}, { "index.js": "import './a.wasm';", "a.wasm": "" }),
      mentions("WebAssembly", "p@1.0.0"),
    ],
    [
      "that makes code out of strings",
      "ajv",
      packaged("ajv", {}, { "index.js": "" }),
      mentions("ajv@1.0.0", "zod"),
    ],
    [
      "with another version than is meant",
      "npm:p@2",
      packaged("p", {}, { "index.js": "" }),
      mentions("p 1.0.0", "npm install p@2"),
    ],
    [
      "with a version that is not understood",
      "npm:p@>=2 <3",
      packaged("p", {}, { "index.js": "" }),
      mentions("npm:p@1.0.0"),
    ],
    ["with another version than is locked", "p", {
      ...packaged("p", {}, { "index.js": "" }),
      "package-lock.json": `{ "packages": { "node_modules/p": { "version": "1.0.1" } } }`,
    }, mentions("p 1.0.0", "1.0.1", "npm ci")],
    [
      "without such a part",
      "p/parts/c",
      packaged("p", { exports: { "./parts/b": "./b.js" } }, {}),
      mentions("p@1.0.0", '"p/parts/c"', '"p/parts/b"', "exports"),
    ],
    [
      "that leads out of itself",
      "p",
      packaged("p", { browser: { "./m.js": "../../f.ts" }, main: "m.js" }, {
        "m.js": "",
      }),
      mentions("p@1.0.0", '"../../f.ts"'),
    ],
    [
      "that is not all there",
      "p",
      packaged("p", { exports: "./gone.js" }, {}),
      mentions("p@1.0.0", '"gone.js"', "npm ci"),
    ],
    [
      "without what it imports",
      "p",
      packaged("p", {}, { "index.js": "import 'q';" }),
      mentions('"q"', "npm install"),
    ],
  ] as [string, string, Files, RegExp][]
) {
  Deno.test(`a package ${what} is refused at the script's import`, async () => {
    await withSources({ "s/f.ts": `\n${f(specifier)}`, ...files }, async (folder) => {
      const texts = (await mistakesOf(folder, ["s/f.ts", "f"])).map(shown);
      assert.match(texts[0], expected);
      assert.match(texts[0], /^s\/f\.ts:2:15: /);
      assert.equal(texts.length, 1);
    });
  });
}

Deno.test("zod, as the registry has it, checks values in a script", () =>
  withSources({
    "package.json": "{}",
    "f.ts": `import { z } from "zod";
        const shape = z.object({ name: z.string().min(1), tags: z.array(z.string()).optional() });
        export const f = () => [shape.safeParse({ name: "a" }).success, shape.safeParse({}).success];`,
  }, async (folder) => {
    const install = new Deno.Command(Deno.execPath(), {
      args: ["install", "--quiet", "--node-modules-dir=auto", "npm:zod@4"],
      cwd: folder,
    });
    const { success, stderr } = await install.output();
    assert.ok(success, new TextDecoder().decode(stderr));
    assert.deepEqual(await run(folder), [true, false]);
  }));
