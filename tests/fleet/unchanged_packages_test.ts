/** Scripts with third-party packages are bundled again exactly if anything in these has changed. */
import assert from "node:assert/strict";
import { loadConfiguration } from "../../lib/config/mod.ts";
import { bundleConfiguration, formatPlan } from "../../lib/deploy/mod.ts";
import type { InvalidConfiguration } from "../../lib/errors/mod.ts";
import { newKey } from "../_support/nodes/node.ts";
import { Site } from "./_site.ts";
import { mentions } from "../_support/mentions.ts";

const integrity = (sign: string) => `sha512-${sign.repeat(86)}==`;

function lock(versions: Readonly<Record<string, string>>, sign = "A"): string {
  const packages = Object.entries(versions).map(([name, version]) => {
    return [`node_modules/${name}`, { version, integrity: integrity(sign) }];
  });
  return JSON.stringify({ lockfileVersion: 3, packages: Object.fromEntries(packages) });
}

/** `one` imports p, and p imports q; `two` imports nothing. */
const example = {
  "s/one.ts": 'import p from "p";\nexport const one = (): number => p;\n',
  "s/two.ts": "export const two = (): number => 2;\n",
  "node_modules/p/package.json": '{ "name": "p", "version": "1.0.0", "main": "lib/main" }',
  "node_modules/p/lib/main.js": 'module.exports = require("q") + require("./more") + 1;\n',
  "node_modules/p/lib/more.js": "module.exports = 10;\n",
  "node_modules/p/lib/unused.js": "module.exports = 10;\n",
  "node_modules/q/package.json": '{ "name": "q", "version": "2.0.0" }',
  "node_modules/q/index.js": "module.exports = 100;\n",
  "package-lock.json": lock({ p: "1.0.0", q: "2.0.0" }),
};
const services = { numbers: ["s1", { one: "s/one.ts", two: "s/two.ts" }] } as const;

Deno.test("changes of packages are detected exactly if they affect the bundle", async (t) => {
  await using site = await Site.create(1, example, await newKey());
  const { project } = site;
  await site.declare(services);
  const first = await site.deploy();
  assert.equal(first.bundled, 2);
  assert.equal(await site.call("numbers.one"), 111);
  assert.match(
    formatPlan(first.plan),
    /^ {2}packages: \+ p 1\.0\.0 \(sha512-AAAAAAAA…\), \+ q 2\.0\.0 \(sha512-AAAAAAAA…\)$/m,
  );
  const { sources } = await site.manifest();
  assert.deepEqual(
    sources?.files.flatMap(({ path, package: from }) => from ? [[path, from]] : []),
    [
      ["node_modules/p", {
        name: "p",
        version: "1.0.0",
        integrity: integrity("A"),
        files: ["lib/main.js", "lib/more.js", "package.json"],
      }],
      ["node_modules/q", {
        name: "q",
        version: "2.0.0",
        integrity: integrity("A"),
        files: ["index.js", "package.json"],
      }],
    ],
  );

  /** A change, the number of bundled scripts after it, and the rpc's result; in sequence. */
  const steps: [string, () => Promise<unknown>, number, number][] = [
    ["nothing", async () => {}, 0, 111],
    [
      "a file that is not imported",
      () => {
        return project.write("node_modules/p/lib/unused.js", "");
      },
      0,
      111,
    ],
    [
      "a file that is imported",
      () => {
        return project.write("node_modules/p/lib/more.js", "module.exports = 20;\n");
      },
      1,
      121,
    ],
    [
      "a file of what a package imports",
      () => {
        return project.write("node_modules/q/index.js", "module.exports = 200;\n");
      },
      1,
      221,
    ],
    [
      "another main file",
      async () => {
        await project.write("node_modules/q/other.js", "module.exports = 300;\n");
        const text = '{ "name": "q", "version": "2.0.0", "main": "other.js" }';
        await project.write("node_modules/q/package.json", text);
      },
      1,
      321,
    ],
    [
      "a file where one was looked for",
      () => {
        return project.write("node_modules/p/lib/more", "module.exports = 0;\n");
      },
      0,
      321,
    ],
    [
      "a package nearer to the importer",
      async () => {
        const folder = "node_modules/p/node_modules/q";
        await project.write(`${folder}/package.json`, '{ "name": "q", "version": "9.0.0" }');
        await project.write(`${folder}/index.js`, "module.exports = 400;\n");
      },
      1,
      421,
    ],
    [
      "a package beside the script",
      async () => {
        await project.write("s/node_modules/p/package.json", '{ "version": "3.0.0" }');
        await project.write("s/node_modules/p/index.js", "module.exports = 5;\n");
      },
      1,
      5,
    ],
    [
      "none any more",
      async () => {
        await Deno.remove(project.path("s/node_modules"), { recursive: true });
      },
      1,
      421,
    ],
    [
      "an import map",
      async () => {
        await project.write("other.ts", "export default 6;\n");
        await project.write("deno.json", '{ "imports": { "p": "./other.ts" } }');
      },
      1,
      6,
    ],
    [
      "another import map",
      async () => {
        await project.write("deno.json", '{ "imports": { "p": "npm:q@2" } }');
      },
      1,
      300,
    ],
  ];
  for (const [what, act, bundled, value] of steps) {
    await t.step(what, async () => {
      await act();
      const done = await site.deploy();
      assert.equal(done.bundled, bundled);
      assert.equal(await site.call("numbers.one"), value);
      const configuration = await loadConfiguration(project.path("init.yaml"));
      const { desired } = await bundleConfiguration(configuration);
      const [runs, due] = [await site.manifest(), desired.manifests.get("s1")!]
        .map(({ sources: _, ...rest }) => JSON.stringify(rest));
      assert.equal(runs, due);
      assert.equal((await site.deploy()).bundled, 0);
    });
  }

  await t.step(
    "a lock with another integrity is noticed, and one with another version is a mistake",
    async () => {
      await project.write("package-lock.json", lock({ p: "1.0.0", q: "2.0.0" }, "B"));
      const { bundled, plan } = await site.deploy();
      assert.deepEqual([bundled, plan.isUnchanged], [1, true]);
      await project.write("package-lock.json", lock({ p: "1.0.0", q: "2.0.1" }));
      await assert.rejects(site.deploy(), (error: InvalidConfiguration) => {
        assert.match(error.diagnostics[0].message, mentions("2.0.0", "2.0.1"));
        return error.diagnostics[0].hint === "npm ci";
      });
    },
  );
});

Deno.test("a link that leads to another package of the store is detected", async () => {
  const store = (version: string) => `node_modules/.pnpm/p@${version}/node_modules/p`;
  await using site = await Site.create(1, {
    "one.ts": 'import p from "p";\nexport const one = (): number => p;\n',
    [`${store("1.0.0")}/package.json`]: '{ "name": "p", "version": "1.0.0" }',
    [`${store("1.0.0")}/index.js`]: "module.exports = 1;\n",
    [`${store("2.0.0")}/package.json`]: '{ "name": "p", "version": "2.0.0" }',
    [`${store("2.0.0")}/index.js`]: "module.exports = 2;\n",
  });
  const link = site.project.path("node_modules/p");
  await Deno.symlink(site.project.path(store("1.0.0")), link);
  await site.declare({ numbers: ["s1", { one: "one.ts" }] });
  await site.deploy();
  assert.deepEqual([(await site.deploy()).bundled, await site.call("numbers.one")], [0, 1]);
  await Deno.remove(link);
  await Deno.symlink(site.project.path(store("2.0.0")), link);
  const { bundled, plan } = await site.deploy();
  assert.deepEqual([bundled, await site.call("numbers.one")], [1, 2]);
  assert.match(formatPlan(plan), /^ {2}packages: p 1\.0\.0 → 2\.0\.0$/m);
  assert.equal((await site.deploy()).bundled, 0);
});

Deno.test("packages above the folder of init.yaml are in the record, too", async () => {
  await using site = await Site.create(1, {
    "package-lock.json": lock({ p: "1.0.0" }),
    "node_modules/p/package.json": '{ "name": "p", "version": "1.0.0" }',
    "node_modules/p/index.js": "module.exports = 1;\n",
    "work/one.ts": 'import p from "p";\nexport const one = (): number => p;\n',
  });
  await site.declare({ numbers: ["s1", { one: "one.ts" }] }, "work/");
  await site.deploy({ folder: "work/" });
  assert.equal((await site.deploy({ folder: "work/" })).bundled, 0);
  await site.project.write("node_modules/p/index.js", "module.exports = 2;\n");
  await site.deploy({ folder: "work/" });
  assert.equal(await site.call("numbers.one"), 2);
});
