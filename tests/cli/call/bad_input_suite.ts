/** Inputs that init must refuse: each mistake with its position, and nothing deployed. */
import assert from "node:assert/strict";
import type { FleetPart } from "../../_support/nodes/fleet.ts";
import {
  deployed,
  diagnostic,
  failure,
  lineWith,
  mentions,
  pointing,
} from "../../_support/mentions.ts";

interface BadInput {
  /** The file, given its network section; its service is {@linkcode service} unless given. */
  readonly yaml?: (network: string) => string;
  /** Its scripts, by path. */
  readonly scripts?: Readonly<Record<string, string>>;
  /** The output, from the position on: `FILE:LINE:COLUMN: …`, the line of the file, the caret, a hint. */
  readonly says: readonly RegExp[];
}

/** A service with one rpc, on line 12 of the file. */
function service(rpc: string): (network: string) => string {
  return (network) =>
    `${network}services:\n  x:\n    providers: [s1, s2]\n    tenants: [c1]\n    rpcs: # ${rpc}\n` +
    `      f: ${rpc}\n`;
}

const script = "{ args: [], returns: [int], src: f.ts }";
const good = "export const f = () => 1;\n";

const inputs: Record<string, BadInput> = {
  "an empty file": {
    yaml: () => "",
    says: [
      diagnostic("bad.yaml:1:1", "empty", "network", "services", "hint: "),
    ],
  },
  "a tab": {
    yaml: () => "network:\n\tservers: {}\n",
    says: [
      pointing("bad.yaml:2:1", /\btab\b/, "\tservers"),
    ],
  },
  "a key that is given twice": {
    yaml: (network) => `${network}services: {}\nservices: {}\n`,
    says: [diagnostic("bad.yaml:9:1", '"services"', "line 8", "column 1", "twice")],
  },
  "a key that there is not": {
    yaml: (network) => service(script)(network).replace("tenants", "tennants"),
    says: [
      diagnostic("bad.yaml:11:5", '"tennants"', "11", '"tenants"', "unknown"),
    ],
  },
  "a server, a client and a type that there are not": {
    yaml: (network) =>
      service("{ args: [imt], returns: [int], src: f.ts }")(network)
        .replace("[s1, s2]", "[s1, s3]").replace("[c1]", "[c3]"),
    says: [
      failure("Invalid Configuration", "bad.yaml"),
      pointing("bad.yaml:10:21", '"s3"', /hint: .*"s1"/),
      diagnostic("bad.yaml:11:15", '"c3"'),
      diagnostic("bad.yaml:13:19", '"imt"', '"int"', "unknown"),
    ],
  },
  "two servers at one address": {
    yaml: (network) =>
      service(script)(network).replace(/s2: .*/, /s1: (.*)/.exec(network)![0])
        .replace(/( {4})s1(.*\n {4})s1/, "$1s1$2s2"),
    says: [mentions("bad.yaml:4", '"s1"', '"s2"', "127.0.0.1")],
  },
  "two overloads with the same arguments": {
    yaml: service(`[${script}, ${script}]`),
    says: [
      mentions("bad.yaml:13", '"f"', "line 13", "column 11"),
    ],
  },
  "a script that is not there": {
    yaml: service(script.replace("f.ts", "g.ts")),
    says: [
      pointing("bad.yaml:13:43", '"g.ts"'),
    ],
  },
  "a script with a syntax error": {
    scripts: { "f.ts": "export function f( {\n  return 1;\n}\n" },
    says: [/^f\.ts:2:\d+: Expected .*\n {2}\|\n2 \| {3}return 1;\n {2}\| +\^\n/m],
  },
  "a script without the function": {
    scripts: { "f.ts": "export const g = () => 1;\n" },
    says: [
      mentions("bad.yaml:13", '"f.ts"', '"f"', '"g"', "exports"),
      lineWith("hint: ", /function f\b|"f"|"g"/),
    ],
  },
  "mistakes of the file and of a script, in one run": {
    yaml: service(script.replace("f.ts", "f.ts, nonsense: 1")),
    scripts: { "f.ts": 'import "node:fs";\nexport const g = () => 1;\n' },
    says: [
      lineWith("bad.yaml", "scripts", /\b2\b/),
      /^bad\.yaml:13:\d+: .*"nonsense"/m,
      diagnostic("f.ts:1:8", '"node:fs"', "import"),
    ],
  },
  "imports that cannot be inlined": {
    scripts: {
      "f.ts": 'import "node:fs";\nimport "npm:yaml";\nimport "./nope.ts";\n' + good +
        'export const later = () => import("./f.ts");\n',
    },
    says: [
      pointing("f.ts:1:8", 'import "node:fs";'),
      diagnostic("f.ts:2:8", '"npm:yaml"', "import"),
      diagnostic("f.ts:3:8", '"./nope.ts"'),
      /^f\.ts:5:\d+: .*import\(\)/m,
    ],
  },
  "a file that is not there, with the nearest": {
    says: [lineWith("bda.yaml"), lineWith("hint: ", '"bad.yaml"')],
  },
};

/** Inputs that init refuses; needs nodes without a deployment. */
export const badInput: FleetPart = {
  name: "init refuses bad input at its place and deploys nothing",
  async run(t, fleet) {
    const { project, s1, s2 } = fleet;
    await project.write("good.yaml", service(script)(fleet.network));

    for (const [what, { yaml = service(script), scripts = {}, says }] of Object.entries(inputs)) {
      await t.step(what, async () => {
        await project.write("bad.yaml", yaml(fleet.network));
        await project.write("f.ts", good);
        for (const [path, text] of Object.entries(scripts)) await project.write(path, text);
        const file = what.startsWith("a file") ? "bda.yaml" : "bad.yaml";
        const said = await fleet.fail(2, ["init", file]);
        for (const pattern of says) assert.match(said, pattern);
        const reported = said.match(/^\S+:\d+:\d+: .*$/gm) ?? [];
        assert.deepEqual(reported, [...new Set(reported)], "each mistake is reported once");
      });
    }

    await t.step("and nothing was deployed", async () => {
      for (const node of [s1, s2]) assert.doesNotMatch(node.process.stderr.text, /deploy\./);
      await project.write("f.ts", good);
      const printed = await fleet.succeed(["init", "good.yaml"]);
      assert.match(printed, deployed({ s1: 1, s2: 1 }));
    });
  },
};
