/** What is wrong in an rpc and its overloads: each its own clear mistake, at its place. */
import assert from "node:assert/strict";
import { goodWith, goodWithServices, mistakesIn } from "./helpers.ts";

const cases: readonly (readonly [name: string, text: string, mistakes: readonly string[]])[] = [
  [
    "an rpc's name that no script could export is found",
    goodWith(["      add:", "      add-two:"]),
    ['13:7 "add-two" is not a name for an rpc, expected letters, digits, _ and $, not beginning with a digit (try "add_two")'],
  ],
  ["a number as an rpc's name is found", goodWith(["      add:", "      7:"]), [
    "13:7 expected the name of an rpc, got the number 7 (choose a name that begins with a letter)",
  ]],
  [
    "unknown keys of an overload are found, and guessed by meaning",
    goodWith(["src: services/math/add.ts", "script: services/math/add.ts, colour: []"]),
    [
      '14:47 unknown key "script", expected one of args, names, returns, src, description, idempotent, allow, examples (did you mean "src"?)',
      '14:77 unknown key "colour", expected one of args, names, returns, src, description, idempotent, allow, examples',
    ],
  ],
  [
    "an idempotent that is neither true nor false is found, wherever it stands",
    goodWithServices(
      "services:\n  m:\n    providers: s1\n    tenants: []\n    rpcs:\n      f: { args: [], src: a.ts, idempotent: yes }\n      g: { idempotent: [], overloads: [{ args: [], src: a.ts, idempotent: }] }\n      h: { args: [], src: a.ts, retryable: true }\n",
    ),
    [
      '13:45 expected true or false as "idempotent", got the text "yes" (write idempotent: true, or leave it out)',
      '14:24 expected true or false as "idempotent", got an empty list (write idempotent: true, or leave it out)',
      '14:63 expected true or false as "idempotent", got nothing (write idempotent: true, or leave it out)',
      '15:33 unknown key "retryable", expected one of args, names, returns, src, description, idempotent, allow, examples (did you mean "idempotent"?)',
    ],
  ],
  ["a missing key args is found, and told how to be meant", goodWith(["args: [int, int], ", ""]), [
    '14:11 an overload of rpc "add" has no "args" (list the types of its arguments, or write args: [] if it takes none)',
  ]],
  ["a missing key src is found", goodWith([", src: services/math/add.ts", ""]), [
    '14:11 an overload of rpc "add" has no "src" (write src: and the path of the script, such as services/add.ts)',
  ]],
  ["an empty src is found", goodWith(["src: services/math/add.ts", "src: ''"]), [
    "14:52 expected the path of a script, got an empty text (paths are relative to the folder of this file)",
  ]],
  ["a src left empty is found", goodWith(["src: services/math/add.ts", "src: "]), [
    "14:47 expected the path of a script, got nothing (paths are relative to the folder of this file)",
  ]],
  ["a src that is a number is found", goodWith(["src: services/math/add.ts", "src: 7"]), [
    "14:52 expected the path of a script, got the number 7 (paths are relative to the folder of this file)",
  ]],
  [
    "a src that is a URL is found",
    goodWith(["src: services/math/add.ts", "src: 'https://x.example/a.ts'"]),
    ['14:52 expected the path of a script, got the text "https://x.example/a.ts" (scripts are files; paths are relative to the folder of this file)'],
  ],
  ["args as a map are found", goodWith(["args: [int, int]", "args: {a: int}"]), [
    '14:19 expected a list of types as "args", got a map (write args: [int, "List[str]"])',
  ]],
  [
    "names that are none, come twice or are too few are each found",
    goodWith(["args: [int, int]", "args: [int, int, int], names: [a-b, x, x]"]),
    [
      '14:44 "a-b" is not a name of an argument (use letters, digits, _ and $, not beginning with a digit, at most 128 characters)',
      '14:52 two arguments are named "x"',
    ],
  ],
  ["one name too few is found", goodWith(["args: [int, int]", "args: [int, int], names: [a]"]), [
    "14:31 1 names for 2 arguments (give each argument a name, in order)",
  ]],
  ["null as a type is found", goodWith(["args: [int, int]", "args: [int, null]"]), [
    '14:25 expected a type, got nothing (write args: [int, "List[str]"])',
  ]],
  [
    "args that are no types are each found",
    goodWith(["args: [int, int]", "args: [int, 3, ['str']]"]),
    [
      '14:25 expected a type, got the number 3 (write args: [int, "List[str]"])',
      '14:28 expected a type, got a list (write args: [int, "List[str]"])',
    ],
  ],
  [
    "several types without brackets are shown as a list",
    goodWith(["args: [int, int]", "args: 'int, List[str]'"]),
    [
      '14:19 expected a type, got several: "int, List[str]" (several types are a list: write [int, "List[str]"])',
    ],
  ],
  [
    "a bad type is found inside its quotes",
    goodWith(["args: [int, int]", 'args: [int, "Dict[int, str]"]']),
    ['14:31 bad type "Dict[int, str]": Dict needs "str" as its key type, got "int"'],
  ],
  [
    "a bad type is found inside a longer one",
    goodWith([
      "        - { args: [int, int], returns: [int], src: services/math/add.ts }",
      "        - args:\n            - Lst[int]\n            - List[strr]\n          src: a.ts",
    ]),
    [
      '15:15 bad type "Lst[int]": unknown type "Lst", did you mean "List"?',
      '16:20 bad type "List[strr]": unknown type "strr", did you mean "str"?',
    ],
  ],
  [
    "a bad type that is written with escapes is found where it begins",
    goodWith(["args: [int, int]", 'args: ["Li\\x73t[in]"]']),
    ['14:20 bad type "List[in]": unknown type "in", did you mean "int"?'],
  ],
  [
    "two overloads with the same arguments are found, however these are spelled",
    goodWith(["[str, str]", "[ int , 'int' ]"]),
    ['15:11 two overloads of rpc "add" take the same arguments, (int, int); the first is in line 14, column 11 (a call could not choose between them: change the types of one, or remove it)'],
  ],
  [
    "two overloads without arguments are found",
    goodWith(["[int, int]", "[]"], ["[str, str]", ""]),
    ['15:11 two overloads of rpc "add" take the same arguments, (); the first is in line 14, column 11 (a call could not choose between them: change the types of one, or remove it)'],
  ],
  [
    "what cannot be overloads is found, in each shape",
    goodWithServices(
      "services:\n  m:\n    providers: s1\n    tenants: []\n    rpcs:\n      f: a.ts\n      g: []\n      h: [a.ts]\n      i: { overloads: [] }\n      j:\n      k: { overloads: , desc: x }\n",
    ),
    [
      '13:10 expected the overloads of rpc "f", got the text "a.ts" (write f: [{ args: [int, int], returns: [int], src: services/math/add.ts }])',
      '14:10 expected the overloads of rpc "g", got an empty list (write g: [{ args: [int, int], returns: [int], src: services/math/add.ts }])',
      '15:11 expected an overload of rpc "h" as a map, got the text "a.ts" (write { args: [int, int], returns: [int], src: services/math/add.ts })',
      '16:23 expected the overloads of rpc "i", got an empty list (write i: [{ args: [int, int], returns: [int], src: services/math/add.ts }])',
      '17:7 rpc "j" has no overloads, expected args, returns and src (write j: [{ args: […], returns: […], src: … }] here, or once below a top-level "rpc:")',
      '18:12 expected the overloads of rpc "k", got nothing (write k: [{ args: [int, int], returns: [int], src: services/math/add.ts }])',
      '18:25 unknown key "desc", expected one of overloads, description, idempotent, allow (did you mean "description"?)',
    ],
  ],
  [
    "an rpc that the section rpc does not have is found, with the nearest",
    goodWithServices(
      "services:\n  m: { providers: s1, tenants: [], rpcs: [ad, mul, add, add] }\nrpc:\n  add: { args: [], src: a.ts }\n  mull:\n  sub: 7\n",
    ),
    [
      '9:43 rpc "ad" has no overloads, expected args, returns and src (did you mean "add"?)',
      '9:47 rpc "mul" has no overloads, expected args, returns and src (did you mean "mull"?)',
      '9:57 the rpc "add" is named twice, first in line 9, column 52 (give one of the two another name, or remove it)',
      '12:3 rpc "mull" has no overloads, expected args, returns and src (write add: [{ args: [int, int], returns: [int], src: services/math/add.ts }])',
      '13:8 expected the overloads of rpc "sub", got the number 7 (write sub: [{ args: [int, int], returns: [int], src: services/math/add.ts }])',
    ],
  ],
];

for (const [name, text, mistakes] of cases) {
  Deno.test(name, () => {
    assert.deepEqual(mistakesIn(text), mistakes);
  });
}
