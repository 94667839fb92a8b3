/** Mistakes in the section `services`, except in its rpcs: each with its own clear message. */
import { assertMistakes, good, goodWith, goodWithServices } from "../helpers.ts";
import { diagnostic } from "../../_support/mentions.ts";

const cases: readonly (readonly [name: string, text: string, mistakes: readonly RegExp[]])[] = [
  ["a missing section services is found", good.slice(0, good.indexOf("services:")), [
    diagnostic("1:1", '"services"', "missing"),
  ]],
  [
    "a service's name with a dot is found, as SERVICE.RPC could not be read",
    goodWith(["  math:", "  my.math:"]),
    [diagnostic("9:3", '"my.math"', '"my_math"')],
  ],
  ["a service's name that begins with a digit is found", goodWith(["  math:", "  1st math:"]), [
    diagnostic("9:3", '"1st math"'),
  ]],
  ["a server that is declared twice in a map is found", goodWith(["    s2:", "    s1:"]), [
    diagnostic("4:5", '"s1"', "line 3", "column 5", "twice"),
    diagnostic("10:21", '"s2"', '"s1"'),
  ]],
  [
    "a provider that does not exist is found, with the nearest or the known ones",
    goodWith(["[s1, s2]", "[s1, s22, banana]"]),
    [
      diagnostic("10:21", '"s22"', "s1", '"s2"'),
      diagnostic("10:26", '"banana"', "s1", "s2", "network.servers"),
    ],
  ],
  ["a tenant that does not exist is found", goodWith(["[c1, c2]", "c3"]), [
    diagnostic("11:14", '"c3"', "c2", '"c1"'),
  ]],
  ["two names in one text are told to be a list", goodWith(["[s1, s2]", "s1, s2"]), [
    diagnostic("10:16", '"s1, s2"'),
  ]],
  ["a provider that is named twice is found", goodWith(["[s1, s2]", "[s1, s2, s1]"]), [
    diagnostic("10:25", '"s1"', "line 10", "column 17", "twice"),
  ]],
  ["a service without providers is found", goodWith(["[s1, s2]", "[]"]), [
    diagnostic("10:5", '"math"', "s1"),
  ]],
  ["providers left empty are found", goodWith(["[s1, s2]", ""]), [
    diagnostic("10:5", '"math"', "s1"),
  ]],
  ["providers as a map are found", goodWith(["[s1, s2]", "{ s1: , s2: }"]), [
    diagnostic("10:16", '"providers"', "s1", "s2"),
  ]],
  ["providers that are no names are each found", goodWith(["[s1, s2]", "[s1, 2, [s1], ]"]), [
    diagnostic("10:21", '"2"', "number"),
    diagnostic("10:24", "s1", "s2"),
  ]],
  ["a missing key providers is found", goodWith(["    providers: [s1, s2]\n", ""]), [
    diagnostic("9:3", '"math"', '"providers"', "s1"),
  ]],
  [
    "a missing key tenants is found, and told how to be meant",
    goodWith(["    tenants: [c1, c2]\n", ""]),
    [diagnostic("9:3", '"math"', '"tenants"')],
  ],
  [
    "tenants left empty are found, as they could mean everybody or nobody",
    goodWith(["[c1, c2]", ""]),
    [diagnostic("11:5", '"tenants"', "empty")],
  ],
  ["a missing key rpcs is found", good.slice(0, good.indexOf("    rpcs:")), [
    diagnostic("9:3", '"math"', '"rpcs"', "services/math/add.ts"),
  ]],
  [
    "a service with an empty map of rpcs is found",
    good.slice(0, good.indexOf("    rpcs:")) + "    rpcs: {}\n",
    [diagnostic("12:5", '"math"', "services/math/add.ts")],
  ],
  ["rpcs left empty are found", good.slice(0, good.indexOf("    rpcs:")) + "    rpcs:\n", [
    diagnostic("12:5", '"math"', "services/math/add.ts"),
  ]],
  ["a service without anything is found", goodWithServices("services:\n  math:\n"), [
    diagnostic("9:3", '"math"', "s1", "c1", "empty"),
  ]],
  [
    "services as bare names, or as lists of numbers, are found",
    goodWithServices("services: [math, {text: [1]}]\n"),
    [
      diagnostic("8:12", '"math"', "s1", "c1", "empty"),
      diagnostic("8:25", '"text"', "s1", "c1"),
    ],
  ],
  ["services as one text are found", goodWithServices("services: math\n"), [
    diagnostic("8:11", '"math"', "s1", "c1"),
  ]],
  [
    "keys that became siblings of their service are told to be indented",
    goodWithServices("services:\n  math:\n  providers: [s1]\n  tenants: [c1]\n  rpcs: {}\n"),
    [diagnostic("10:3", '"providers"', '"math"')],
  ],
  ["a key in two of its spellings is found", goodWith(["    rpcs:", "    rpc: [x]\n    rpcs:"]), [
    diagnostic("12:11", '"x"', '"rpc:"'),
    diagnostic("13:5", '"rpcs"', '"math"', '"rpc"', "line 12", "column 5", "twice"),
  ]],
  ["a section in two of its spellings is found", good + "service: {}\n", [
    diagnostic("16:1", '"service"', '"services"', "line 8", "column 1", "twice"),
  ]],
  [
    "a misspelt section is guessed, and what it lacks still told",
    "netwrok: {}\n" + good.slice(good.indexOf("services:")),
    [
      diagnostic("1:1", '"netwrok"', '"network"', "unknown"),
      diagnostic("1:1", '"servers"', "s1", "127.0.0.1", "8181", "port"),
      diagnostic("1:1", '"clients"', "c1", "127.0.0.1"),
    ],
  ],
  [
    "a misspelt key is one mistake: its meaning is not missing as well",
    goodWith(["    tenants", "    tennants"]),
    [diagnostic("11:5", '"tennants"', '"tenants"', "unknown")],
  ],
  [
    "a description that is a list is found",
    goodWith(["    tenants", "    description: [a]\n    tenants"]),
    [diagnostic("11:18", "description")],
  ],
  [
    "a wrong shape behind an alias is found at each of its uses",
    goodWith(["[s1, s2]", "&x { a: 1 }"], ["[c1, c2]", "*x"]),
    [
      diagnostic("10:19", '"providers"', "s1", "s2"),
      diagnostic("11:14", '"tenants"', "c1", "c2"),
    ],
  ],
];

for (const [name, text, mistakes] of cases) {
  Deno.test(name, () => {
    assertMistakes(text, mistakes);
  });
}
