/** Imports go one way. This reads the module graph and fails on any other arrow. */
import assert from "node:assert/strict";

/** Which rooms each room may import. A room may always import itself. */
const allowed: Record<string, readonly string[]> = {
  errors: [],
  files: ["errors"],
  limits: [],
  log: ["limits"],
  context: ["errors", "limits"],
  timers: ["limits"],
  transport: ["timers", "errors", "limits"],
  wire: ["errors", "limits"],
  channel: ["transport", "wire", "errors", "limits", "log"],
  store: ["wire", "timers", "errors", "limits", "log"],
  helper: ["wire", "errors", "files", "limits", "log"],
  executor: ["files", "channel", "transport", "wire", "context", "errors", "limits", "log"],
  config: ["wire", "errors", "limits"],
  server: ["channel", "store", "executor", "helper", "transport", "wire", "timers"]
    .concat(["errors", "limits", "log"]),
  embedded: ["server", "executor", "transport", "wire", "context", "errors", "limits", "log"],
  client: [
    "config",
    "channel",
    "transport",
    "wire",
    "context",
    "timers",
    "errors",
    "limits",
    "log",
  ],
  deploy: ["client", "config", "files", "transport", "wire", "errors", "limits", "log"],
  cli: ["server", "client", "deploy", "config", "executor", "helper", "transport", "wire"]
    .concat(["errors", "limits", "log"]),
  mod: ["cli", "client", "config", "embedded", "context", "errors", "log", "transport", "wire"],
};

/** Modules that neither read, write, connect nor look at a clock. */
const pure =
  /^lib\/(wire\/|transport\/raw_ip\/engine\/|server\/(access|operator)\.ts|client\/provider_choice\.ts|deploy\/(diff|plan|plan_text)\.ts|errors\/|limits\/)/;

/** Each npm package is named in exactly one module. */
const packageHomes: Record<string, string> = {
  yaml: "lib/config/_yaml.ts",
  esbuild: "lib/deploy/_esbuild.ts",
  commander: "cli/program.ts",
  acorn: "lib/helper/_script_check.ts",
  "@logtape/logtape": "lib/log/open_log.ts",
};

const root = new URL("../", import.meta.url);

interface Graph {
  modules: {
    specifier: string;
    dependencies?: { specifier: string; code?: { specifier?: string } }[];
  }[];
}

async function sources(): Promise<string[]> {
  const found: string[] = ["mod.ts"];
  const walk = async (folder: string): Promise<void> => {
    for await (const entry of Deno.readDir(new URL(folder, root))) {
      if (entry.isDirectory) await walk(`${folder}${entry.name}/`);
      else if (entry.name.endsWith(".ts")) found.push(folder + entry.name);
    }
  };
  await walk("lib/");
  await walk("cli/");
  return found.sort();
}

/** Every import in the product: the importing file, and what it names as a path of the repository or a package. */
async function imports(): Promise<{ from: string; to: string }[]> {
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const files = await sources();
    await Deno.writeTextFile(
      entry,
      files.map((file) => `import ${JSON.stringify(new URL(file, root).href)};`).join("\n"),
    );
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--no-config", "--no-lock", entry],
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const graph: Graph = JSON.parse(new TextDecoder().decode(stdout));
    const arrows: { from: string; to: string }[] = [];
    for (const module of graph.modules) {
      if (!module.specifier.startsWith(root.href)) continue;
      const from = module.specifier.slice(root.href.length);
      for (const dependency of module.dependencies ?? []) {
        // What only a type needs stands there too; an arrow is an arrow.
        const target = dependency.code?.specifier ??
          (dependency as { type?: { specifier?: string } }).type?.specifier ?? dependency.specifier;
        arrows.push({
          from,
          to: target.startsWith(root.href) ? target.slice(root.href.length) : dependency.specifier,
        });
      }
    }
    return arrows;
  } finally {
    await Deno.remove(entry);
  }
}

function roomOf(file: string): string {
  if (file === "mod.ts") return "mod";
  const parts = file.split("/");
  return parts[0] === "lib" ? parts[1] : parts[0];
}

Deno.test("imports go one way: no room reaches into one that it must not know", async () => {
  const arrows = await imports();
  assert.ok(arrows.length > 100, "the graph was read");
  const wrong = arrows
    .filter(({ to }) => !/^(npm|node|jsr|https?):/.test(to))
    .filter(({ from, to }) => {
      const [here, there] = [roomOf(from), roomOf(to)];
      return here !== there && !(allowed[here] ?? []).includes(there);
    })
    .map(({ from, to }) => `${from} → ${to}`);
  assert.deepEqual(wrong, []);
});

Deno.test("a leading underscore keeps a file inside its folder", async () => {
  const wrong = (await imports())
    .filter(({ to }) => /\/_[^/]+$/.test(to))
    .filter(({ from, to }) =>
      from.slice(0, from.lastIndexOf("/")) !== to.slice(0, to.lastIndexOf("/"))
    )
    .map(({ from, to }) => `${from} → ${to}`);
  assert.deepEqual(wrong, []);
});

Deno.test("each package is named in exactly one module, with an exact version, and none is of JSR", async () => {
  const arrows = (await imports()).filter(({ to }) => /^(npm|jsr|https?):/.test(to));
  for (const { from, to } of arrows) {
    const match = /^npm:(@?[^@]+)@\d+\.\d+\.\d+(\/.*)?$/.exec(to);
    assert.ok(match, `${from} imports ${to}: expected npm:NAME@EXACT.VERSION`);
    assert.equal(packageHomes[match[1]], from, `${from} imports ${to}`);
  }
});

Deno.test("what is said to be pure does no I/O", async () => {
  for (const file of await sources()) {
    if (!pure.test(file)) continue;
    const text = await Deno.readTextFile(new URL(file, root));
    const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    const found = /(\bDeno\.|fetch\(|setTimeout|setInterval|Date\.now|performance\.now|["']node:)/
      .exec(code);
    assert.equal(found?.[0], undefined, `${file} uses ${found?.[0]}`);
  }
});

Deno.test("no file has grown into two: 400 lines at most", async () => {
  for (const file of await sources()) {
    const lines = (await Deno.readTextFile(new URL(file, root))).split("\n").length;
    assert.ok(lines <= 400, `${file} has ${lines} lines`);
  }
});
