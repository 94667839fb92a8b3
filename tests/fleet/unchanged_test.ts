/** Scripts with unchanged sources are not bundled again, and the deployment is the same as if they were. */
import assert from "node:assert/strict";
import { loadConfiguration } from "../../lib/config/mod.ts";
import { bundleConfiguration, rollback } from "../../lib/deploy/mod.ts";
import { Fleet, nodesOf } from "../../lib/deploy/fleet.ts";
import { observeFleet } from "../../lib/deploy/observe.ts";
import { InvalidConfiguration } from "../../lib/errors/mod.ts";
import type { Manifest } from "../../lib/manifest/mod.ts";
import { scriptIdOf } from "../../lib/identity/mod.ts";
import { newKey } from "../_support/nodes/node.ts";
import { Random } from "../wire/_values.ts";
import { Site } from "./_site.ts";
import { mentions } from "../_support/mentions.ts";

const example = {
  "f/one.ts":
    'import { base } from "../lib/base.ts";\nexport const one = (): number => base + 1;\n',
  "f/two.ts": "export const two = (): number => 2;\n",
  "f/three.js":
    'import data from "../lib/data.json" with { type: "json" };\nexport default () => data.three;\n',
  "lib/base.ts": 'import { zero } from "./zero.ts";\nexport const base: number = zero;\n',
  "lib/zero.ts": "export const zero = 0;\n",
  "lib/data.json": '{ "three": 3 }\n',
};
const services = {
  numbers: ["s1", { one: "f/one.ts", two: "f/two.ts", three: "f/three.js" }],
} as const satisfies Parameters<Site["declare"]>[0];

Deno.test("unchanged scripts are not bundled again, by any deployer on any machine", async (t) => {
  await using site = await Site.create(1, example, await newKey());
  await site.declare(services);
  const first = await site.deploy();
  assert.equal(first.bundled, 3);

  await t.step("no script is, and all sources are recorded", async () => {
    const { bundled, plan } = await site.deploy();
    assert.deepEqual([bundled, plan.isUnchanged], [0, true]);
  });

  await t.step("nor from another folder, or with other line ends", async () => {
    await site.declare(services, "elsewhere/");
    for (const [path, text] of Object.entries(example)) {
      await site.project.write(`elsewhere/${path}`, text.replaceAll("\n", "\r\n"));
    }
    const { bundled, plan } = await site.deploy({ folder: "elsewhere/" });
    assert.deepEqual([bundled, plan.isUnchanged], [0, true]);
  });

  await t.step("a changed import, however indirect, causes bundling of its importers", async () => {
    await site.project.write("lib/zero.ts", "export const zero = 10;\n");
    const { bundled, plan } = await site.deploy();
    assert.deepEqual([bundled, plan.sendCount], [1, 1]);
    assert.equal(await site.call("numbers.one"), 11);
    assert.equal((await site.deploy()).bundled, 0);
  });

  await t.step("changed data does, too", async () => {
    await site.project.write("lib/data.json", '{ "three": 33 }\n');
    assert.equal((await site.deploy()).bundled, 1);
    assert.equal(await site.call("numbers.three"), 33);
  });

  await t.step("a changed comment is bundled, and deploys nothing", async () => {
    await site.project.write("f/two.ts", `// Two.\n${example["f/two.ts"]}`);
    const { bundled, plan } = await site.deploy();
    assert.deepEqual([bundled, plan.isUnchanged], [1, true]);
  });

  await t.step("files that appear beside the sources change nothing", async () => {
    for (const path of ["lib/zero.js", "lib/zero", "lib/zero/index.ts", "lib/zero.ts.ts"]) {
      if (path.startsWith("lib/zero/")) await Deno.remove(site.project.path("lib/zero"));
      await site.project.write(path, "export const zero = 99;\n");
    }
    const options =
      '{ "compilerOptions": { "target": "es5", "paths": { "*": ["./lib/zero.js"] } } }';
    for (const name of ["tsconfig.json", "package.json", "deno.json", "lib/tsconfig.json"]) {
      await site.project.write(name, options);
    }
    const { bundled, plan } = await site.deploy();
    assert.deepEqual([bundled, plan.isUnchanged], [1, true], "the comment alone");
    assert.equal(await site.call("numbers.one"), 11);
  });

  await t.step(
    "a source that a directory or nothing has replaced is a mistake as ever",
    async () => {
      await Deno.remove(site.project.path("lib/zero.ts"));
      await assert.rejects(site.deploy(), (error: InvalidConfiguration) => {
        assert.ok(error instanceof InvalidConfiguration);
        assert.deepEqual(
          error.diagnostics.map(({ file, line }) => [file.endsWith("lib/base.ts"), line]),
          [
            [true, 1],
          ],
        );
        return true;
      });
      await site.project.write("lib/zero.ts", "export const zero = 10;\n");
    },
  );

  await t.step("an rpc of another name is looked for in its script", async () => {
    await site.declare({ numbers: ["s1", { ...services.numbers[1], zwei: "f/two.ts" }] });
    await assert.rejects(site.deploy(), (error: InvalidConfiguration) => {
      assert.match(error.diagnostics[0].message, mentions('"zwei"', '"two"'));
      return error.diagnostics.length === 1;
    });
    await site.declare(services);
  });

  await t.step("mistakes are reported before unreachable nodes", async () => {
    await site.project.write("f/two.ts", "export const two = ;\n");
    const path = site.project.path("init.yaml");
    const yaml = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, yaml.replace(/port: \d+/, "port: 1"));
    await assert.rejects(site.deploy(), InvalidConfiguration);
    await site.project.write("f/two.ts", example["f/two.ts"]);
    await assert.rejects(site.deploy(), { code: "Node Unreachable" });
    await Deno.writeTextFile(path, yaml);
  });

  await t.step("a rolled-back script is not taken for the local one", async () => {
    const configuration = await loadConfiguration(site.project.path("init.yaml"));
    await rollback(configuration, { deployer: "tester", key: site.key });
    assert.equal(await site.call("numbers.three"), 3);
    const { bundled, plan } = await site.deploy();
    // Its manifest came from the node.
    assert.deepEqual([bundled, plan.isUnchanged], [3, false]);
    assert.equal(await site.call("numbers.three"), 33);
  });
});

Deno.test("diagnostics of a script are repeated every time", async () => {
  await using site = await Site.create(1, {
    "shared.js": "export const of = (text) => eval(text);\n",
    "one.js": 'import { of } from "./shared.js";\nexport const one = () => of("1");\n',
    "two.js": "export const two = () => 2;\n",
  }, await newKey());
  await site.declare({ numbers: ["s1", { one: "one.js", two: "two.js" }] });
  const first = await site.deploy();
  const second = await site.deploy();
  assert.equal(first.warnings.length, 1);
  assert.deepEqual(second.warnings, first.warnings);
  assert.deepEqual([second.bundled, second.plan.isUnchanged], [1, true]);
});

Deno.test("paths outside of the project's folder stay with the deployer", async () => {
  await using site = await Site.create(1, {
    "secret-place/far.ts": "export const far = 7;\n",
    "project/near.ts":
      'import { far } from "../secret-place/far.ts";\nexport const near = () => far;\n',
    "project/own.ts": "export const own = () => 1;\n",
  }, await newKey());
  await site.declare({ numbers: ["s1", { near: "near.ts", own: "own.ts" }] }, "project/");
  await site.deploy({ folder: "project/" });
  const manifest = await site.manifest();
  assert.deepEqual(manifest.sources?.files.map(({ path }) => path), ["own.ts"]);
  assert.doesNotMatch(JSON.stringify(manifest), /secret-place/);
  assert.equal((await site.deploy({ folder: "project/" })).bundled, 1);
});

Deno.test("a record that does not match completely is not used", async (t) => {
  await using site = await Site.create(1, example, await newKey());
  await site.declare(services);
  await site.deploy();
  const { sources: record, ...manifest } = await site.manifest();
  assert.ok(record !== undefined);
  const cases: [string, Manifest["sources"]][] = [
    ["none", undefined],
    ["of another bundler", { ...record, bundler: "0".repeat(64) }],
    ["without files", { ...record, files: [] }],
    ["of other texts", {
      ...record,
      files: record.files.map((file) => ({ ...file, hash: "0".repeat(64) })),
    }],
    ["of other files", {
      ...record,
      files: record.files.map((file) => ({ ...file, path: `x/${file.path}` })),
    }],
    ["of scripts that it does not run", {
      ...record,
      files: record.files.map(({ script, ...file }) => ({
        ...file,
        ...(script &&
          { script: script.replace(/^./, (digit) => digit === "0" ? "1" : "0") as typeof script }),
      })),
    }],
  ];
  for (const [title, sources] of cases) {
    await t.step(title, async () => {
      await site.force(0, { ...manifest, ...(sources && { sources }) });
      const { bundled, plan } = await site.deploy();
      assert.deepEqual([bundled, plan.isUnchanged], [3, true]);
    });
  }
  await t.step("and a matching one is believed", async () => {
    await site.force(0, { ...manifest, sources: record });
    assert.equal((await site.deploy()).bundled, 0);
  });
});

Deno.test("without a key, nodes are believed only while nothing is to be deployed", async (t) => {
  await using site = await Site.create(1, example);
  await site.declare(services);
  await site.deploy();

  await t.step("nothing has changed", async () => {
    const { bundled, plan } = await site.deploy();
    assert.deepEqual([bundled, plan.isUnchanged], [0, true]);
  });

  await t.step("one script: all are bundled, and only it is sent", async () => {
    await site.project.write("lib/zero.ts", "export const zero = 10;\n");
    const { bundled, plan } = await site.deploy();
    assert.deepEqual([bundled, plan.sendCount], [1 + 2, 1]);
    assert.equal((await site.deploy()).bundled, 0);
  });

  await t.step("no script, but the allowed callers", async () => {
    const path = site.project.path("init.yaml");
    const yaml = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, yaml.replace("c1: {", "c2: { ip: 127.0.0.2 }, c1: {"));
    const { bundled, plan } = await site.deploy();
    assert.deepEqual([bundled, plan.sendCount, plan.isUnchanged], [3, 0, false]);
  });
});

Deno.test("scripts signed by a colleague are bundled again, and one's own are not", async () => {
  const key = await newKey();
  await using site = await Site.create(1, example, await newKey());
  await site.declare(services);
  await site.deploy();
  const { bundled, plan } = await site.deploy({ key });
  assert.deepEqual([bundled, plan.isUnchanged], [3, true]);
  assert.equal((await site.deploy()).bundled, 0);
});

Deno.test("a joining provider, and nodes left out before, get what bundling gives", async () => {
  await using site = await Site.create(2, example, await newKey());
  await site.declare({ numbers: ["s1", services.numbers[1]], twos: ["s2", { two: "f/two.ts" }] });
  await site.deploy();
  assert.equal((await site.deploy()).bundled, 0);
  // Nothing is known of s2 unless it is asked.
  const alone = await site.deploy({ only: ["s1"] });
  assert.deepEqual([alone.bundled, alone.plan.isUnchanged], [2, true]);
  // It has run only one of the three before.
  await site.declare({ numbers: ["s1, s2", services.numbers[1]] });
  const { bundled, applied } = await site.deploy();
  assert.deepEqual([bundled, applied.map(({ name }) => name)], [2, ["s2"]]);
  assert.equal(await site.call("numbers.three", 1), 3);
});

Deno.test("a skipped script is bundled when it must be sent after all", async () => {
  await using site = await Site.create(1, example, await newKey());
  await site.declare(services);
  await site.deploy();
  const configuration = await loadConfiguration(site.project.path("init.yaml"));
  await using fleet = new Fleet();
  const observations = await observeFleet(fleet, nodesOf(configuration), undefined, undefined);
  const steps: string[] = [];
  const { desired, scripts } = await bundleConfiguration(configuration, {
    observations,
    progress: { step: (name) => steps.push(name) },
  });
  assert.deepEqual(steps, []);
  for (const id of desired.scripts.keys()) {
    assert.ok(scripts.has(id));
    assert.equal(await scriptIdOf((await scripts.get(id))!), id);
  }
});

const seeds = Number(Deno.env.get("FARCALL_UNCHANGED_SEEDS") ?? 2);
const rounds = Number(Deno.env.get("FARCALL_UNCHANGED_ROUNDS") ?? 4);

Deno.test("however the sources change, the nodes get what bundling everything would give", async (t) => {
  for (let seed = 1; seed <= seeds; seed++) {
    const key = seed % 2 === 0 ? undefined : await newKey();
    await t.step(`seed ${seed}, ${key ? "signed" : "unsigned"}`, async () => {
      const random = new Random(seed);
      const count = 6;
      await using site = await Site.create(2, {}, key);
      /** For each module, the number that it adds and its imports: only modules with higher numbers, so no cycle. */
      const modules = Array.from(
        { length: count },
        () => ({ value: 0, imports: new Set<number>() }),
      );
      let note = "";
      const write = async (): Promise<string[]> => {
        const texts = modules.map(({ value, imports }, index) => {
          const lines = [...imports].map((other) =>
            `import { v as v${other} } from "./m${other}.ts";`
          );
          const sum = [value, ...[...imports].map((other) => `v${other}`)].join(" + ");
          lines.push(`export const v: number = ${sum};`, `export const f${index} = () => v;`);
          return `${note}${lines.join("\n")}\n`;
        });
        for (const [index, text] of texts.entries()) await site.project.write(`m${index}.ts`, text);
        return texts;
      };
      /** Whether a module, or one that it imports, has changed. */
      const isOther = (index: number, now: string[], before: string[]): boolean =>
        now[index] !== before[index] ||
        [...modules[index].imports].some((other) => isOther(other, now, before));
      const rpcs = Object.fromEntries(modules.map((_, index) => [`f${index}`, `m${index}.ts`]));
      await site.declare({ all: ["s1, s2", rpcs] });
      /** The sources of the scripts, as the nodes know them. */
      let recorded = await write();
      await site.deploy();
      let sparedCount = 0;
      for (let round = 0; round < rounds; round++) {
        const index = random.below(count);
        const module = modules[index];
        const other = index + 1 + random.below(count);
        switch (random.below(4)) {
          case 0:
            module.value++;
            break;
          case 1:
            if (other < count) module.imports.add(other);
            break;
          case 2:
            module.imports.delete([...module.imports][0]);
            break;
          case 3:
            note = random.below(2) === 0 ? "" : `// ${round}\n`;
            break;
        }
        const texts = await write();
        const configuration = await loadConfiguration(site.project.path("init.yaml"));
        const { desired } = await bundleConfiguration(configuration);
        const { bundled, plan } = await site.deploy();
        const others = modules.filter((_, index) => isOther(index, texts, recorded));
        // An unsigned manifest is only believed in that there is nothing to do.
        const isBelieved = key !== undefined || plan.isUnchanged;
        assert.equal(bundled, isBelieved ? others.length : count, `round ${round}`);
        sparedCount += count - bundled;
        if (!plan.isUnchanged) recorded = texts;
        for (const node of [0, 1]) {
          const { sources: _, ...runs } = await site.manifest(node);
          const { sources: __, ...due } = desired.manifests.get(`s${node + 1}`)!;
          assert.equal(JSON.stringify(runs), JSON.stringify(due), `round ${round}`);
        }
      }
      assert.ok(sparedCount > 0, "not always all");
    });
  }
});
