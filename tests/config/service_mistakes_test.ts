/** What is wrong in the section `services`, but for its rpcs: each its own clear mistake. */
import assert from "node:assert/strict";
import { good, goodWith, goodWithServices, mistakesIn } from "./helpers.ts";

const cases: readonly (readonly [name: string, text: string, mistakes: readonly string[]])[] = [
  ["a missing section services is found", good.slice(0, good.indexOf("services:")), [
    '1:1 the section "services" is missing (write services: and below it, indented, their names; or services: {} if there are none)',
  ]],
  [
    "a service's name with a dot is found, as SERVICE.RPC could not be read",
    goodWith(["  math:", "  my.math:"]),
    ['9:3 "my.math" is not a name for a service, expected letters, digits, _ and -, beginning with a letter or _ (try "my_math")'],
  ],
  ["a service's name that begins with a digit is found", goodWith(["  math:", "  1st math:"]), [
    '9:3 "1st math" is not a name for a service, expected letters, digits, _ and -, beginning with a letter or _',
  ]],
  ["a server that is declared twice in a map is found", goodWith(["    s2:", "    s1:"]), [
    '4:5 the key "s1" is given twice, first in line 3, column 5 (keep one of the two)',
    '10:21 there is no server "s2", expected one of s1 (did you mean "s1"?)',
  ]],
  [
    "a provider that does not exist is found, with the nearest or the known ones",
    goodWith(["[s1, s2]", "[s1, s22, banana]"]),
    [
      '10:21 there is no server "s22", expected one of s1, s2 (did you mean "s2"?)',
      '10:26 there is no server "banana", expected one of s1, s2 (add it to network.servers, or remove it here)',
    ],
  ],
  ["a tenant that does not exist is found", goodWith(["[c1, c2]", "c3"]), [
    '11:14 there is no client "c3", expected one of c1, c2 (did you mean "c1"?)',
  ]],
  ["two names in one text are told to be a list", goodWith(["[s1, s2]", "s1, s2"]), [
    '10:16 there is no server "s1, s2", expected one of s1, s2 (several names are a list: providers: [s1, s2])',
  ]],
  ["a provider that is named twice is found", goodWith(["[s1, s2]", "[s1, s2, s1]"]), [
    '10:25 provider "s1" is named twice, first in line 10, column 17 (remove one of the two)',
  ]],
  ["a service without providers is found", goodWith(["[s1, s2]", "[]"]), [
    '10:5 service "math" has no providers (list the servers that run it, such as providers: [s1])',
  ]],
  ["providers left empty are found", goodWith(["[s1, s2]", ""]), [
    '10:5 service "math" has no providers (list the servers that run it, such as providers: [s1])',
  ]],
  ["providers as a map are found", goodWith(["[s1, s2]", "{ s1: , s2: }"]), [
    '10:16 expected a list of servers as "providers", got a map (write providers: [s1, s2])',
  ]],
  ["providers that are no names are each found", goodWith(["[s1, s2]", "[s1, 2, [s1], ]"]), [
    '10:21 expected the name of a server, got the number 2 (if a name is meant, put it in quotes: "2")',
    "10:24 expected the name of a server, got a list (write providers: [s1, s2])",
  ]],
  ["a missing key providers is found", goodWith(["    providers: [s1, s2]\n", ""]), [
    '9:3 service "math" has no "providers" (list the servers that run it, such as providers: [s1])',
  ]],
  [
    "a missing key tenants is found, and told how to be meant",
    goodWith(["    tenants: [c1, c2]\n", ""]),
    ['9:3 service "math" has no "tenants" (list the clients that may call it, or write tenants: [] to let nobody in)'],
  ],
  [
    "tenants left empty are found, as they could mean everybody or nobody",
    goodWith(["[c1, c2]", ""]),
    ['11:5 "tenants" is empty (list the clients that may call it, or write tenants: [] to let nobody in)'],
  ],
  ["a missing key rpcs is found", good.slice(0, good.indexOf("    rpcs:")), [
    '9:3 service "math" has no "rpcs" (write rpcs: { add: [{ args: [int, int], returns: [int], src: services/math/add.ts }] })',
  ]],
  [
    "a service with an empty map of rpcs is found",
    good.slice(0, good.indexOf("    rpcs:")) + "    rpcs: {}\n",
    ['12:5 service "math" has no rpcs (write rpcs: { add: [{ args: [int, int], returns: [int], src: services/math/add.ts }] })'],
  ],
  ["rpcs left empty are found", good.slice(0, good.indexOf("    rpcs:")) + "    rpcs:\n", [
    '12:5 service "math" has no rpcs (write rpcs: { add: [{ args: [int, int], returns: [int], src: services/math/add.ts }] })',
  ]],
  ["a service without anything is found", goodWithServices("services:\n  math:\n"), [
    '9:3 service "math" is empty, expected providers, tenants and rpcs (write math: { providers: [s1], tenants: [c1], rpcs: { … } })',
  ]],
  [
    "services as bare names, or as lists of numbers, are found",
    goodWithServices("services: [math, {text: [1]}]\n"),
    [
      '8:12 service "math" is empty, expected providers, tenants and rpcs (write math: { providers: [s1], tenants: [c1], rpcs: { … } })',
      '8:25 expected service "text" as a map, got a list (write math: { providers: [s1], tenants: [c1], rpcs: { … } })',
    ],
  ],
  ["services as one text are found", goodWithServices("services: math\n"), [
    '8:11 expected a map of services, got the text "math" (write math: { providers: [s1], tenants: [c1], rpcs: { … } })',
  ]],
  [
    "keys that became siblings of their service are told to be indented",
    goodWithServices("services:\n  math:\n  providers: [s1]\n  tenants: [c1]\n  rpcs: {}\n"),
    ['10:3 "providers" stands beside "math", expected inside it (indent what belongs to "math" further than "math" itself)'],
  ],
  ["a key in two of its spellings is found", goodWith(["    rpcs:", "    rpc: [x]\n    rpcs:"]), [
    '12:11 rpc "x" has no overloads, expected args, returns and src (write x: [{ args: […], returns: […], src: … }] here, or once below a top-level "rpc:")',
    '13:5 "rpcs" of service "math" is given twice, first as "rpc" in line 12, column 5 (keep one of the two)',
  ]],
  ["a section in two of its spellings is found", good + "service: {}\n", [
    '16:1 "service" of the file is given twice, first as "services" in line 8, column 1 (keep one of the two)',
  ]],
  [
    "a misspelt section is guessed, and what it lacks still told",
    "netwrok: {}\n" + good.slice(good.indexOf("services:")),
    [
      '1:1 unknown key "netwrok", expected one of network, services, rpc (did you mean "network"?)',
      '1:1 network has no "servers" (write servers: { s1: { ip: 127.0.0.1, port: 8181 } })',
      '1:1 network has no "clients" (write clients: { c1: { ip: 127.0.0.1 } }, or clients: {} if nobody may call)',
    ],
  ],
  [
    "a misspelt key is one mistake: its meaning is not missing as well",
    goodWith(["    tenants", "    tennants"]),
    ['11:5 unknown key "tennants", expected one of providers, tenants, rpcs, description, instances, limits, permissions, isolation, calls (did you mean "tenants"?)'],
  ],
  [
    "a description that is a list is found",
    goodWith(["    tenants", "    description: [a]\n    tenants"]),
    ["11:18 expected a text as description, got a list (put the description in quotes)"],
  ],
  [
    "a wrong shape behind an alias is found at each of its uses",
    goodWith(["[s1, s2]", "&x { a: 1 }"], ["[c1, c2]", "*x"]),
    [
      '10:19 expected a list of servers as "providers", got a map (write providers: [s1, s2])',
      '11:14 expected a list of clients as "tenants", got a map (write tenants: [c1, c2])',
    ],
  ],
];

for (const [name, text, mistakes] of cases) {
  Deno.test(name, () => {
    assert.deepEqual(mistakesIn(text), mistakes);
  });
}
