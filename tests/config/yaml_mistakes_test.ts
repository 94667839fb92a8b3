/** What is wrong as YAML: each its own clear mistake, at its place. */
import assert from "node:assert/strict";
import { good, goodWith, mistakesIn } from "./helpers.ts";

const cases: readonly (readonly [name: string, text: string, mistakes: readonly string[]])[] = [
  ["an empty file says what it should hold", "", [
    "1:1 the file is empty, expected network and services (begin with network: and below it, indented, servers: and clients:)",
  ]],
  ["a file of comments only says what it should hold", "# a\n\n  # b\n", [
    "1:1 the file is empty, expected network and services (begin with network: and below it, indented, servers: and clients:)",
  ]],
  ["a file of a document marker only says what it should hold", "---\n", [
    "1:1 the file is empty, expected network and services (begin with network: and below it, indented, servers: and clients:)",
  ]],
  ["a file that is a text is told what to begin with", "hello\n", [
    '1:1 expected network and services as a map, got the text "hello" (begin with network: and below it, indented, servers: and clients:)',
  ]],
  ["a file that is a list of numbers is told what to begin with", "- 1\n- 2\n", [
    "1:1 expected the file as a map, got a list (write network: and services:)",
  ]],
  ["a tab that indents is found where it stands", goodWith(["  clients:", "\tclients:"]), [
    "5:1 a tab indents this line, expected spaces (replace each tab by two spaces)",
  ]],
  [
    "each line that a tab indents is found",
    goodWith(["    s2:", "  \t s2:"], ["        - { args: [str", "\t- { args: [str"]),
    [
      "4:3 a tab indents this line, expected spaces (replace each tab by two spaces)",
      "15:1 a tab indents this line, expected spaces (replace each tab by two spaces)",
    ],
  ],
  [
    "a duplicate key is found, with the place of the first",
    goodWith(["    tenants", "    providers: [s1]\n    tenants"]),
    ['11:5 the key "providers" is given twice, first in line 10, column 5 (keep one of the two)'],
  ],
  ["a list that is never closed is found where it opens", goodWith(["[s1, s2]", "[s1, s2"]), [
    "10:16 this [ is never closed (add the ] that ends it)",
  ]],
  [
    "a map that is never closed is found where it opens",
    goodWith(["{ ip: 127.0.0.1, port: 8282 }", "{ ip: 127.0.0.1, port: 8282"]),
    ["4:9 this { is never closed (add the } that ends it)"],
  ],
  [
    "a quote that is never closed does not hide the bracket that opened before",
    goodWith(["[s1, s2]", "['s1, s2]"]),
    ["10:16 this [ is never closed (add the ] that ends it)"],
  ],
  [
    "a bracket too many is one mistake, not one for each line below",
    goodWith(["[s1, s2]", "[s1, s2]]"]),
    ["10:24 did not expect ] here (remove it, or add what is missing before)"],
  ],
  ["a key that is indented too far is found", goodWith(["    tenants", "     tenants"]), [
    "11:6 this line is indented differently from those it belongs to (begin the keys of one map, and the dashes of one list, in the same column)",
  ]],
  [
    "a key that is not indented enough is one mistake, not one for each line below",
    goodWith(["    tenants", "   tenants"]),
    ["11:4 this line is indented differently from those it belongs to (begin the keys of one map, and the dashes of one list, in the same column)"],
  ],
  ["a key without a colon is found", goodWith(["    tenants: [c1, c2]", "    tenants [c1, c2]"]), [
    "11:5 this line has no colon and space after its key (write key: value)",
  ]],
  [
    "a colon without a space is found",
    goodWith(["    tenants: [c1, c2]", "    tenants:[c1, c2]"]),
    ["11:5 this line has no colon and space after its key (write key: value)"],
  ],
  [
    "a text with a colon is told to be quoted",
    goodWith(["    tenants", "    description: a: b\n    tenants"]),
    ['11:18 a second ": " in one line (quote the text if the colon belongs to it, else move what follows to its own line)'],
  ],
  [
    "a text that begins with a reserved character is told to be quoted",
    goodWith(["    tenants", "    description: @home\n    tenants"]),
    ["11:18 a text cannot begin with @ (put it in quotes)"],
  ],
  [
    "a backslash in double quotes is explained",
    goodWith(["    tenants", '    description: "C:\\dir"\n    tenants']),
    ["11:21 no such escape in a text in double quotes (write \\\\ for a backslash, or use single quotes)"],
  ],
  ["a missing comma is found", goodWith(["[s1, s2]", "[s1 [s2]]"]), [
    "10:20 a comma is missing before this (separate the items in [ ] or { })",
  ]],
  ["an alias of nothing is found", goodWith(["[s1, s2]", "*all"]), [
    "10:16 nothing is named &all before this (mark what it stands for with &all, further up)",
  ]],
  [
    "an alias inside its own anchor is found, not followed for ever",
    goodWith(["[s1, s2]", "&a [s1, *a]"]),
    ["10:24 *a stands inside what it stands for"],
  ],
  ["a tag is refused, as it would mean nothing", goodWith(["[s1, s2]", "!list [s1, s2]"]), [
    "10:16 tags (!) have no meaning in this file (remove the tag)",
  ]],
  ["a second document is refused, not silently dropped", good + "---\n" + good, [
    '16:1 a second YAML document begins here, expected one (remove the "---" and the other document)',
  ]],
  [
    "a merge key without a map is found",
    goodWith(["{ ip: 127.0.0.1, port: 8282 }", "{ <<: 7, ip: 127.0.0.1, port: 8282 }"]),
    ['4:15 expected a map, or a list of maps, behind "<<" (write <<: *name, where &name marks a map)'],
  ],
  ["a block list inside brackets is found", goodWith(["[s1, s2]", "[\n      - s1\n    ]"]), [
    "11:7 a list or map in lines of its own cannot stand inside [ ] or { } (put the inner one in [ ] or { } as well)",
  ]],
  [
    "types with brackets inside brackets are told to be quoted, and are checked all the same",
    goodWith(["args: [int, int]", "args: [List[int], Dict[str, foo]]"]),
    [
      '14:20 inside [ ] or { } a type with brackets must be quoted, got "List[int]" without (write "List[int]" with the quotes)',
      '14:31 inside [ ] or { } a type with brackets must be quoted, got "Dict[str, foo]" without (write "Dict[str, foo]" with the quotes)',
      '14:41 bad type "Dict[str, foo]": unknown type "foo", did you mean "bool"?',
    ],
  ],
  [
    "a type with brackets inside braces is told to be quoted",
    goodWith(["args: [int, int]", "args: List[int]"]),
    ['14:19 inside [ ] or { } a type with brackets must be quoted, got "List[int]" without (write "List[int]" with the quotes)'],
  ],
];

for (const [name, text, mistakes] of cases) {
  Deno.test(name, () => {
    assert.deepEqual(mistakesIn(text), mistakes);
  });
}

Deno.test("a tag is refused at its place, whatever the YAML library makes of it", () => {
  const tags = ["!!omap [a: 1]", "!!pairs [a: 1]", "!!set { a, b }", "!!binary aGk=", "!!omap 3"]
    .concat(["!!timestamp 2001-01-01", "!!merge x", "!!float 1", "!own x", "!!map [a]"])
    .concat(["!<tag:yaml.org,2002:omap> [a: 1]", "!!pairs"]);
  for (const tag of tags) {
    const text = goodWith(["providers: [s1, s2]", `providers: ${tag}`]);
    const found = mistakesIn(text);
    assert.equal(found[0], "10:16 tags (!) have no meaning in this file (remove the tag)", tag);
  }
});

Deno.test("a variable of a shell is told how to fill it in, wherever it stands", () => {
  const places: [string, string][] = [
    ["port: 8181", "port: ${PORT}"],
    ["port: 8181", 'port: "${PORT}"'],
    ["[s1, s2]", "[${S}, s2]"],
    ["providers: [s1, s2]", "providers: ${env:S}"],
    ["services/math/add.ts", "${DIR}/add.ts"],
    ["    c1: { ip: 127.0.0.1 }\n", "    c1:\n      ip: ${IP}\n"],
  ];
  for (const [from, to] of places) {
    assert.match(mistakesIn(goodWith([from, to]))[0], /has no variables.*envsubst/, to);
  }
  const described = goodWith(["  math:\n", "  math:\n    description: costs ${5}\n"]);
  assert.deepEqual(mistakesIn(described), [], "a text may say it");
});
