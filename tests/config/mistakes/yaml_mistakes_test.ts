/** YAML mistakes: each with its own clear message and position. */
import assert from "node:assert/strict";
import { assertMistakes, good, goodWith, mistakesIn } from "../helpers.ts";
import { diagnostic, mentions } from "../../_support/mentions.ts";

const cases: readonly (readonly [name: string, text: string, mistakes: readonly RegExp[]])[] = [
  ["an empty file says what it should hold", "", [
    diagnostic("1:1", "empty"),
  ]],
  ["a file of comments only says what it should hold", "# a\n\n  # b\n", [
    diagnostic("1:1", "empty"),
  ]],
  ["a file of a document marker only says what it should hold", "---\n", [
    diagnostic("1:1", "empty"),
  ]],
  ["a file that is a text is told what to begin with", "hello\n", [
    diagnostic("1:1", '"hello"'),
  ]],
  ["a file that is a list of numbers is told what to begin with", "- 1\n- 2\n", [
    diagnostic("1:1", "expected"),
  ]],
  ["a tab that indents is found where it stands", goodWith(["  clients:", "\tclients:"]), [
    diagnostic("5:1", "expected"),
  ]],
  [
    "each line that a tab indents is found",
    goodWith(["    s2:", "  \t s2:"], ["        - { args: [str", "\t- { args: [str"]),
    [
      diagnostic("4:3", "expected"),
      diagnostic("15:1", "expected"),
    ],
  ],
  [
    "a duplicate key is found, with the place of the first",
    goodWith(["    tenants", "    providers: [s1]\n    tenants"]),
    [diagnostic("11:5", '"providers"', "line 10", "column 5", "twice")],
  ],
  ["a list that is never closed is found where it opens", goodWith(["[s1, s2]", "[s1, s2"]), [
    diagnostic("10:16", "closed"),
  ]],
  [
    "a map that is never closed is found where it opens",
    goodWith(["{ ip: 127.0.0.1, port: 8282 }", "{ ip: 127.0.0.1, port: 8282"]),
    [diagnostic("4:9", "closed")],
  ],
  [
    "a quote that is never closed does not hide the bracket that opened before",
    goodWith(["[s1, s2]", "['s1, s2]"]),
    [diagnostic("10:16", "closed")],
  ],
  [
    "a bracket too many is one mistake, not one for each line below",
    goodWith(["[s1, s2]", "[s1, s2]]"]),
    [diagnostic("10:24", "missing")],
  ],
  ["a key that is indented too far is found", goodWith(["    tenants", "     tenants"]), [
    diagnostic("11:6", "differently"),
  ]],
  [
    "a key that is not indented enough is one mistake, not one for each line below",
    goodWith(["    tenants", "   tenants"]),
    [diagnostic("11:4", "differently")],
  ],
  ["a key without a colon is found", goodWith(["    tenants: [c1, c2]", "    tenants [c1, c2]"]), [
    diagnostic("11:5", "space", "key"),
  ]],
  [
    "a colon without a space is found",
    goodWith(["    tenants: [c1, c2]", "    tenants:[c1, c2]"]),
    [diagnostic("11:5", "space", "key")],
  ],
  [
    "a text with a colon is told to be quoted",
    goodWith(["    tenants", "    description: a: b\n    tenants"]),
    [diagnostic("11:18", '": "')],
  ],
  [
    "a text that begins with a reserved character is told to be quoted",
    goodWith(["    tenants", "    description: @home\n    tenants"]),
    [diagnostic("11:18", "cannot")],
  ],
  [
    "a backslash in double quotes is explained",
    goodWith(["    tenants", '    description: "C:\\dir"\n    tenants']),
    [diagnostic("11:21", /\bescape\b/)],
  ],
  ["a missing comma is found", goodWith(["[s1, s2]", "[s1 [s2]]"]), [
    diagnostic("10:20", "missing"),
  ]],
  ["an alias of nothing is found", goodWith(["[s1, s2]", "*all"]), [
    diagnostic("10:16", "nothing"),
  ]],
  [
    "an alias inside its own anchor is found, not followed for ever",
    goodWith(["[s1, s2]", "&a [s1, *a]"]),
    [diagnostic("10:24", "stands")],
  ],
  ["a tag is refused, as it would mean nothing", goodWith(["[s1, s2]", "!list [s1, s2]"]), [
    diagnostic("10:16", "meaning"),
  ]],
  ["a second document is refused, not silently dropped", good + "---\n" + good, [
    diagnostic("16:1", "YAML", '"---"'),
  ]],
  [
    "a merge key without a map is found",
    goodWith(["{ ip: 127.0.0.1, port: 8282 }", "{ <<: 7, ip: 127.0.0.1, port: 8282 }"]),
    [diagnostic("4:15", '"<<"')],
  ],
  ["a block list inside brackets is found", goodWith(["[s1, s2]", "[\n      - s1\n    ]"]), [
    diagnostic("11:7", "cannot"),
  ]],
  [
    "types with brackets inside brackets are told to be quoted, and are checked all the same",
    goodWith(["args: [int, int]", "args: [List[int], Dict[str, foo]]"]),
    [
      diagnostic("14:20", '"List[int]"'),
      diagnostic("14:31", '"Dict[str, foo]"'),
      diagnostic("14:41", '"Dict[str, foo]"', '"foo"', '"bool"', "unknown"),
    ],
  ],
  [
    "a type with brackets inside braces is told to be quoted",
    goodWith(["args: [int, int]", "args: List[int]"]),
    [diagnostic("14:19", '"List[int]"')],
  ],
];

for (const [name, text, mistakes] of cases) {
  Deno.test(name, () => {
    assertMistakes(text, mistakes);
  });
}

Deno.test("a tag is refused at its position, whatever the YAML library makes of it", () => {
  const tags = ["!!omap [a: 1]", "!!pairs [a: 1]", "!!set { a, b }", "!!binary aGk=", "!!omap 3"]
    .concat(["!!timestamp 2001-01-01", "!!merge x", "!!float 1", "!own x", "!!map [a]"])
    .concat(["!<tag:yaml.org,2002:omap> [a: 1]", "!!pairs"]);
  for (const tag of tags) {
    const text = goodWith(["providers: [s1, s2]", `providers: ${tag}`]);
    const found = mistakesIn(text);
    assert.equal(found[0], "10:16 tags (!) have no meaning in this file (remove the tag)", tag);
  }
});

Deno.test("a shell variable is reported with the way to substitute it, wherever it occurs", () => {
  const places: [string, string][] = [
    ["port: 8181", "port: ${PORT}"],
    ["port: 8181", 'port: "${PORT}"'],
    ["[s1, s2]", "[${S}, s2]"],
    ["providers: [s1, s2]", "providers: ${env:S}"],
    ["services/math/add.ts", "${DIR}/add.ts"],
    ["    c1: { ip: 127.0.0.1 }\n", "    c1:\n      ip: ${IP}\n"],
  ];
  for (const [from, to] of places) {
    assert.match(mistakesIn(goodWith([from, to]))[0], mentions("variables", "envsubst"), to);
  }
  const described = goodWith(["  math:\n", "  math:\n    description: costs ${5}\n"]);
  assert.deepEqual(mistakesIn(described), [], "a text may say it");
});
