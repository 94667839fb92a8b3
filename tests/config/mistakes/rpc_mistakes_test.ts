/** Mistakes in an rpc and its overloads: each with its own clear message and position. */
import { assertMistakes, goodWith, goodWithServices } from "../helpers.ts";
import { diagnostic } from "../../_support/mentions.ts";

const cases: readonly (readonly [name: string, text: string, mistakes: readonly RegExp[]])[] = [
  [
    "an rpc's name that no script could export is found",
    goodWith(["      add:", "      add-two:"]),
    [diagnostic("13:7", '"add-two"', '"add_two"')],
  ],
  ["a number as an rpc's name is found", goodWith(["      add:", "      7:"]), [
    diagnostic("13:7", "number"),
  ]],
  [
    "unknown keys of an overload are found, and guessed by meaning",
    goodWith(["src: services/math/add.ts", "script: services/math/add.ts, colour: []"]),
    [
      diagnostic("14:47", '"script"', '"src"', "unknown"),
      diagnostic("14:77", '"colour"', "unknown"),
    ],
  ],
  [
    "an idempotent that is neither true nor false is found, wherever it stands",
    goodWithServices(
      "services:\n  m:\n    providers: s1\n    tenants: []\n    rpcs:\n      f: { args: [], src: a.ts, idempotent: yes }\n      g: { idempotent: [], overloads: [{ args: [], src: a.ts, idempotent: }] }\n      h: { args: [], src: a.ts, retryable: true }\n",
    ),
    [
      diagnostic("13:45", '"idempotent"', '"yes"'),
      diagnostic("14:24", '"idempotent"', "empty"),
      diagnostic("14:63", '"idempotent"'),
      diagnostic("15:33", '"retryable"', '"idempotent"', "unknown"),
    ],
  ],
  ["a missing key args is found, and told how to be meant", goodWith(["args: [int, int], ", ""]), [
    diagnostic("14:11", '"add"', '"args"'),
  ]],
  ["a missing key src is found", goodWith([", src: services/math/add.ts", ""]), [
    diagnostic("14:11", '"add"', '"src"', "services/add.ts", "script"),
  ]],
  ["an empty src is found", goodWith(["src: services/math/add.ts", "src: ''"]), [
    diagnostic("14:52", "empty", "folder"),
  ]],
  ["a src left empty is found", goodWith(["src: services/math/add.ts", "src: "]), [
    diagnostic("14:47", "folder", "script"),
  ]],
  ["a src that is a number is found", goodWith(["src: services/math/add.ts", "src: 7"]), [
    diagnostic("14:52", "folder", "number"),
  ]],
  [
    "a src that is a URL is found",
    goodWith(["src: services/math/add.ts", "src: 'https://x.example/a.ts'"]),
    [diagnostic("14:52", '"https://x.example/a.ts"', "folder")],
  ],
  ["args as a map are found", goodWith(["args: [int, int]", "args: {a: int}"]), [
    diagnostic("14:19", '"args"', '"List[str]"'),
  ]],
  [
    "names that are none, come twice or are too few are each found",
    goodWith(["args: [int, int]", "args: [int, int, int], names: [a-b, x, x]"]),
    [
      diagnostic("14:44", '"a-b"', "128 characters"),
      diagnostic("14:52", '"x"'),
    ],
  ],
  ["one name too few is found", goodWith(["args: [int, int]", "args: [int, int], names: [a]"]), [
    diagnostic("14:31", "arguments"),
  ]],
  ["null as a type is found", goodWith(["args: [int, int]", "args: [int, null]"]), [
    diagnostic("14:25", '"List[str]"'),
  ]],
  [
    "args that are no types are each found",
    goodWith(["args: [int, int]", "args: [int, 3, ['str']]"]),
    [
      diagnostic("14:25", '"List[str]"', "number"),
      diagnostic("14:28", '"List[str]"'),
    ],
  ],
  [
    "several types without brackets are shown as a list",
    goodWith(["args: [int, int]", "args: 'int, List[str]'"]),
    [
      diagnostic("14:19", '"int, List[str]"', '"List[str]"'),
    ],
  ],
  [
    "a bad type is found inside its quotes",
    goodWith(["args: [int, int]", 'args: [int, "Dict[int, str]"]']),
    [diagnostic("14:31", '"Dict[int, str]"', '"str"', '"int"', "key")],
  ],
  [
    "a bad type is found inside a longer one",
    goodWith([
      "        - { args: [int, int], returns: [int], src: services/math/add.ts }",
      "        - args:\n            - Lst[int]\n            - List[strr]\n          src: a.ts",
    ]),
    [
      diagnostic("15:15", '"Lst[int]"', '"Lst"', '"List"', "unknown"),
      diagnostic("16:20", '"List[strr]"', '"strr"', '"str"', "unknown"),
    ],
  ],
  [
    "a bad type that is written with escapes is found where it begins",
    goodWith(["args: [int, int]", 'args: ["Li\\x73t[in]"]']),
    [diagnostic("14:20", '"List[in]"', '"in"', '"int"', "unknown")],
  ],
  [
    "two overloads with the same arguments are found, however these are spelled",
    goodWith(["[str, str]", "[ int , 'int' ]"]),
    [diagnostic("15:11", '"add"', "line 14", "column 11")],
  ],
  [
    "two overloads without arguments are found",
    goodWith(["[int, int]", "[]"], ["[str, str]", ""]),
    [diagnostic("15:11", '"add"', "line 14", "column 11")],
  ],
  [
    "what cannot be overloads is found, in each shape",
    goodWithServices(
      "services:\n  m:\n    providers: s1\n    tenants: []\n    rpcs:\n      f: a.ts\n      g: []\n      h: [a.ts]\n      i: { overloads: [] }\n      j:\n      k: { overloads: , desc: x }\n",
    ),
    [
      diagnostic("13:10", '"f"', '"a.ts"', "services/math/add.ts"),
      diagnostic("14:10", '"g"', "services/math/add.ts", "empty"),
      diagnostic("15:11", '"h"', '"a.ts"', "services/math/add.ts"),
      diagnostic("16:23", '"i"', "services/math/add.ts", "empty"),
      diagnostic("17:7", '"j"', '"rpc:"'),
      diagnostic("18:12", '"k"', "services/math/add.ts"),
      diagnostic("18:25", '"desc"', '"description"', "unknown"),
    ],
  ],
  [
    "an rpc that the section rpc does not have is found, with the nearest",
    goodWithServices(
      "services:\n  m: { providers: s1, tenants: [], rpcs: [ad, mul, add, add] }\nrpc:\n  add: { args: [], src: a.ts }\n  mull:\n  sub: 7\n",
    ),
    [
      diagnostic("9:43", '"ad"', '"add"'),
      diagnostic("9:47", '"mul"', '"mull"'),
      diagnostic("9:57", '"add"', "line 9", "column 52", "twice"),
      diagnostic("12:3", '"mull"', "services/math/add.ts"),
      diagnostic("13:8", '"sub"', "services/math/add.ts", "number"),
    ],
  ],
];

for (const [name, text, mistakes] of cases) {
  Deno.test(name, () => {
    assertMistakes(text, mistakes);
  });
}
