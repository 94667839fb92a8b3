/** What is wrong in the section `network`: each its own clear mistake, at its place. */
import assert from "node:assert/strict";
import type { InvalidConfiguration } from "../../lib/errors/mod.ts";
import { good, goodWith, mistakesIn, parse } from "./helpers.ts";

const aKey = "ed25519:7_j6IuJZTdx4rv-0OKciLJRDfPSC3HuaQl2ih-krX6w";

const cases: readonly (readonly [name: string, text: string, mistakes: readonly string[]])[] = [
  ["a missing section network is found", good.slice(good.indexOf("services:")), [
    '1:1 the section "network" is missing (write network: and below it, indented, servers: and clients:)',
  ]],
  ["sections that are left empty are found", "network:\nservices:\n", [
    "1:1 expected network as a map, got nothing (write network: { servers: { s1: { ip: 127.0.0.1, port: 8181 } }, clients: { c1: { ip: 127.0.0.1 } } })",
    '2:1 "services" is empty (write services: { math: { providers: [s1], tenants: [c1], rpcs: { … } } }, or services: {} if there are none)',
  ]],
  ["a network that is a number is found", goodWith(["network:", "network: 7\nx:"]), [
    "1:10 expected network as a map, got the number 7 (write network: { servers: { s1: { ip: 127.0.0.1, port: 8181 } }, clients: { c1: { ip: 127.0.0.1 } } })",
    '2:1 unknown key "x", expected one of network, services, rpc',
  ]],
  ["a network without servers is found", "network:\n  clients: {}\nservices: {}\n", [
    '1:1 network has no "servers" (write servers: { s1: { ip: 127.0.0.1, port: 8181 } })',
  ]],
  [
    "an empty list of servers, and clients left empty, are found",
    "network:\n  servers: []\n  clients:\nservices: {}\n",
    [
      "2:3 expected at least one server (write servers: { s1: { ip: 127.0.0.1, port: 8181 } })",
      '3:3 "clients" is empty (write clients: { c1: { ip: 127.0.0.1 } }, or clients: {} if nobody may call)',
    ],
  ],
  [
    "a server's name with a space is found, and its users are not blamed",
    goodWith(["    s2:", "    my server:"], ["[s1, s2]", "[s1]"]),
    ['4:5 "my server" is not a name for a server, expected letters, digits, _, . and -, not beginning with . or - (try "my_server")'],
  ],
  [
    "a number as a server's name is told to be quoted, where it is declared and where it is used",
    goodWith(["    s2:", "    2:"], ["[s1, s2]", "[s1, 2]"]),
    [
      '4:5 expected the name of a server, got the number 2 (put it in quotes: "2")',
      '10:21 expected the name of a server, got the number 2 (if a name is meant, put it in quotes: "2")',
    ],
  ],
  [
    "a boolean as a client's name is told to be quoted",
    goodWith(["    c2:", "    true:"], ["[c1, c2]", "[c1, true]"]),
    [
      '7:5 expected the name of a client, got the boolean true (put it in quotes: "true")',
      '11:19 expected the name of a client, got the boolean true (if a name is meant, put it in quotes: "true")',
    ],
  ],
  [
    "a name that is too long is found",
    goodWith(["    s2:", "    " + "s".repeat(129) + ":"], ["[s1, s2]", "[s1]"]),
    ["4:5 the name of this server has 129 characters, at most 128 are allowed (choose a shorter name)"],
  ],
  [
    "a server that is declared twice in a list is found, with the place of the first",
    "network:\n  servers:\n    - s1: { ip: ::1, port: 1 }\n    - s1: { ip: ::1, port: 2 }\n  clients: {}\nservices: {}\n",
    ['4:7 the server "s1" is named twice, first in line 3, column 7 (give one of the two another name, or remove it)'],
  ],
  [
    "a server without anything is found",
    goodWith(["    s2: { ip: 127.0.0.1, port: 8282 }", "    s2:"]),
    ['4:5 server "s2" is empty, expected ip and port (write s2: { ip: 127.0.0.1, port: 8181 })'],
  ],
  [
    "a server that is a text is found",
    goodWith(["{ ip: 127.0.0.1, port: 8282 }", "127.0.0.1:8282"]),
    ['4:9 expected server "s2" as a map, got the text "127.0.0.1:8282" (write s2: { ip: 127.0.0.1, port: 8181 })'],
  ],
  [
    "a server that is a list is found",
    goodWith(["{ ip: 127.0.0.1, port: 8282 }", "[127.0.0.1, 8282]"]),
    ['4:9 expected server "s2" as a map, got a list (write s2: { ip: 127.0.0.1, port: 8181 })'],
  ],
  [
    "missing spaces behind colons are found, and nothing is called missing for them",
    goodWith(["{ ip: 127.0.0.1, port: 8282 }", "{ ip:127.0.0.1, port:8282 }"]),
    [
      '4:11 unknown key "ip:127.0.0.1", expected one of ip, port, nats, key, tls, over, protocol, description (put a space after the colon)',
      '4:25 unknown key "port:8282", expected one of ip, port, nats, key, tls, over, protocol, description (put a space after the colon)',
    ],
  ],
  ["a client without anything is found", goodWith(["    c2: { ip: 127.0.0.1 }", "    c2:"]), [
    '7:5 client "c2" is empty, expected ip or key (write c2: { ip: 127.0.0.1 })',
  ]],
  ["a server without ip is found", goodWith(["ip: 127.0.0.1, port: 8282", "port: 8282"]), [
    '4:5 server "s2" has no "ip" (write s2: { ip: 127.0.0.1, port: 8181 })',
  ]],
  ["a server without port is found", goodWith(["ip: 127.0.0.1, port: 8282", "ip: 127.0.0.1"]), [
    '4:5 server "s2" has no "port" (write s2: { ip: 127.0.0.1, port: 8181 })',
  ]],
  [
    "a key of a feature that does not exist yet is refused, not ignored",
    goodWith(["port: 8282", "port: 8282, quota: 5"]),
    ['4:38 unknown key "quota", expected one of ip, port, nats, key, tls, over, protocol, description'],
  ],
  [
    "a key that is none is found",
    goodWith(["c2: { ip: 127.0.0.1 }", "c2: { ip: 127.0.0.1, key: abc }"]),
    [
      '7:31 expected a public key: "ed25519:" and 43 letters, digits, - or _, as farcall keygen prints it (farcall keygen NAME makes a key and prints its public half)',
    ],
  ],
  [
    "the path of a key in place of the key is found",
    goodWith(["c2: { ip: 127.0.0.1 }", "c2: { key: keys/c2.pub }"]),
    [
      '7:16 expected a public key: "ed25519:" and 43 letters, digits, - or _, as farcall keygen prints it (write the contents of the .pub file, not its path)',
    ],
  ],
  [
    "a key that two clients have is found",
    goodWith(["c1: { ip: 127.0.0.1 }", `c1: { key: ${aKey} }`], [
      "c2: { ip: 127.0.0.1 }",
      `c2: { ip: ::1, key: ${aKey} }`,
    ]),
    [
      '7:25 the clients "c1" and "c2" have one key; "c1" is in line 6, column 5 (give each client a key of its own: farcall keygen makes one)',
    ],
  ],
  [
    "a client with neither an address nor a key is found",
    goodWith(["c2: { ip: 127.0.0.1 }", "c2: { port: 80 }"]),
    ['7:5 client "c2" has no "ip", and no "key" either (write c2: { ip: 127.0.0.1 })'],
  ],
  [
    "misspelt keys are guessed, by meaning and by letters, and their values still checked",
    goodWith(["{ ip: 127.0.0.1, port: 8282", "{ host: 127.0.0.1, prot: 8282"]),
    [
      '4:11 unknown key "host", expected one of ip, port, nats, key, tls, over, protocol, description (did you mean "ip"?)',
      '4:28 unknown key "prot", expected one of ip, port, nats, key, tls, over, protocol, description (did you mean "port"?)',
    ],
  ],
  [
    "two servers on one address are found, with the place of the other",
    goodWith(["8282", "8181"]),
    ['4:32 the servers "s1" and "s2" have one address, 127.0.0.1:8181; "s1" is in line 3, column 5 (give each server an ip and port of its own)'],
  ],
  [
    "two servers on one address are found where one is spelled localhost",
    goodWith(["ip: 127.0.0.1, port: 8282", "ip: localhost, port: 8181"]),
    ['4:32 the servers "s1" and "s2" have one address, localhost:8181; "s1" is in line 3, column 5 (give each server an ip and port of its own)'],
  ],
  [
    "each ip and port that is none is found, and told what to write",
    "network:\n  servers:\n    a: { ip: 300.1.1.1, port: 0 }\n    b: { ip: 10.1, port: 65536 }\n    c: { ip: 127.0.0.1:80, port: http }\n    d: { ip: ['::1'], port: 1.5 }\n    e: { ip: 'http://x', port: '' }\n    f: { ip: '', port: '-1' }\n    g: { ip: , port: }\n    h: { ip: a_b..c, port: [1] }\n    i: { ip: '[::1]', port: true }\n    j: { ip: 010.0.0.1, port: 1e99 }\n  clients:\n    k: { ip: 10.0.0.0/33 }\n    l: { ip: example.com }\n    m: { ip: '*', port: 99999 }\n    n: { ip: 'fe80::1%eth0' }\n    o: { ip: '::1::' }\n    p: { ip: 10.1.2.3/8 }\n    q: { ip: 'fd00::1/8' }\n    r: { ip: '::/129' }\n    s: { ip: 10/8 }\nservices: {}\n",
    [
      '3:14 expected an IP address or a host name, got the text "300.1.1.1" (an IPv4 address has four numbers from 0 to 255)',
      "3:31 expected a port, a whole number from 1 to 65535, got the number 0 (write port: 8181)",
      "4:14 expected an IP address, got the number 10.1 (an IPv4 address has four numbers, such as 127.0.0.1)",
      "4:26 expected a port, a whole number from 1 to 65535, got the number 65536 (write port: 8181)",
      '5:14 expected an IP address or a host name, got the text "127.0.0.1:80" (the port has a key of its own, port)',
      '5:34 expected a port, a whole number from 1 to 65535, got the text "http" (write port: 8181)',
      "6:14 expected an IP address, got a list (write an IPv6 address without brackets, in quotes)",
      "6:29 expected a port, a whole number from 1 to 65535, got the number 1.5 (write port: 8181)",
      '7:14 expected an IP address or a host name, got the text "http://x" (write only the host, without the scheme)',
      "7:32 expected a port, a whole number from 1 to 65535, got an empty text (write port: 8181)",
      "8:14 expected an IP address or a host name, got an empty text (write ip: 127.0.0.1)",
      '8:24 expected a port, a whole number from 1 to 65535, got the text "-1" (write port: 8181)',
      "9:10 expected an IP address, got nothing (write ip: 127.0.0.1)",
      "9:16 expected a port, a whole number from 1 to 65535, got nothing (write port: 8181)",
      '10:14 expected an IP address or a host name, got the text "a_b..c" (write ip: 127.0.0.1)',
      "10:28 expected a port, a whole number from 1 to 65535, got a list (write port: 8181)",
      '11:14 expected an IP address or a host name, got the text "[::1]" (write an IPv6 address without brackets)',
      "11:29 expected a port, a whole number from 1 to 65535, got the boolean true (write port: 8181)",
      '12:14 expected an IP address or a host name, got the text "010.0.0.1" (an IPv4 address has four numbers from 0 to 255)',
      "12:31 expected a port, a whole number from 1 to 65535, got the number 1e99 (write port: 8181)",
      '14:14 expected an IP address or a network, got the text "10.0.0.0/33" (write a network as its first address and the bits that count: 10.0.0.0/8, fd00::/8)',
      '15:14 expected an IP address, got the host name "example.com" (nodes compare it with the address that a connection comes from: write that address)',
      '16:14 expected an IP address or a network, got the text "*" (write ip: 127.0.0.1)',
      "16:25 expected a port, a whole number from 1 to 65535, got the number 99999 (write port: 8181)",
      '17:14 expected an IP address or a network, got the text "fe80::1%eth0" (write the address without its zone)',
      '18:14 expected an IP address or a network, got the text "::1::" (write ip: 127.0.0.1)',
      '19:14 "10.1.2.3/8" is an address inside a network, expected one of the two (write 10.0.0.0/8, or 10.1.2.3 alone)',
      '20:14 "fd00::1/8" is an address inside a network, expected one of the two (write fd00::/8, or fd00::1 alone)',
      '21:14 expected an IP address or a network, got the text "::/129" (write a network as its first address and the bits that count: 10.0.0.0/8, fd00::/8)',
      '22:14 expected an IP address or a network, got the text "10/8" (write a network as its first address and the bits that count: 10.0.0.0/8, fd00::/8)',
    ],
  ],
  [
    "keys that became siblings of their owner are told to be indented",
    "network:\n  servers:\n    - s1:\n      ip: 1.2.3.4\n      port: 1\n    - s2: { ip: 1.2.3.4, port: 2 }\n      s3: { ip: 1.2.3.4, port: 3 }\n    - name: s4\n      ip: 1.2.3.4\n    - [s5]\n  clients: {}\nservices: {}\n",
    [
      '4:7 "ip" stands beside "s1", expected inside it (indent what belongs to "s1" further than "s1" itself)',
      '6:7 expected one server behind the dash, got a map with the keys "s2", "s3" (write - NAME: and below it, indented further, what belongs to the server)',
      '8:7 expected one server behind the dash, got a map with the keys "name", "ip" (write - NAME: and below it, indented further, what belongs to the server)',
      "10:7 expected the name of a server and what belongs to it, got a list (write s1: { ip: 127.0.0.1, port: 8181 })",
    ],
  ],
  [
    "a bad value behind an alias is found at each of its uses",
    goodWith(["ip: 127.0.0.1, port: 8181 }", "&i ip: 127.0.0.1, port: &p eighty }"], [
      "port: 8282",
      "port: *p",
    ]),
    [
      '3:38 expected a port, a whole number from 1 to 65535, got the text "eighty" (write port: 8181)',
      '4:32 expected a port, a whole number from 1 to 65535, got the text "eighty" (write port: 8181)',
    ],
  ],
];

for (const [name, text, mistakes] of cases) {
  Deno.test(name, () => {
    assert.deepEqual(mistakesIn(text), mistakes);
  });
}

Deno.test("a private key in the place of a public one is found, and not shown", () => {
  const secret = "MC4CAQAwBQYDK2VwBCIEIBBhG6rOgBhilUBqFTphRQ==";
  const text = goodWith([
    "c2: { ip: 127.0.0.1 }",
    `c2: { key: "-----BEGIN PRIVATE KEY-----\\n${secret}\\n-----END PRIVATE KEY-----" }`,
  ]);
  assert.throws(() => parse(text), (error: InvalidConfiguration) => {
    const all = [error.message, ...error.details, JSON.stringify(error.diagnostics)].join();
    assert.match(all, /7:16: expected a public key.*got a private key/);
    assert.ok(!all.includes(secret), all);
    return true;
  });
});

Deno.test("an address that nobody has is found, however it is spelt, of servers and of clients", () => {
  const spellings = [
    [
      "0.0.0.0",
      "::",
      "0:0::0",
      "::0",
      "0:0:0:0:0:0:0:0",
      "::ffff:0.0.0.0",
      "::ffff:0:0",
      "::0.0.0.0",
    ],
    ["0.0.0.0/32", "::/128"],
  ].flat();
  for (const ip of spellings) {
    for (const [line, name] of [[3, "s1"], [6, "c1"]] as const) {
      const known = name === "s1" ? "s1: { ip: 127.0.0.1" : "c1: { ip: 127.0.0.1";
      if (name === "s1" && ip.includes("/")) continue;
      const [mistake] = mistakesIn(goodWith([known, `${name}: { ip: "${ip}"`]));
      assert.match(mistake, new RegExp(`^${line}:.*which no machine has|^${line}:.*expected`), ip);
      assert.match(
        mistake,
        /\(write the address (at which clients|that this client)/,
        ip,
      );
    }
  }
  for (const ip of ["0", "00", "0.0", "0x0", "0x7f.1", "00.00.00.00", '""']) {
    for (const known of ["s1: { ip: 127.0.0.1", "c1: { ip: 127.0.0.1"]) {
      const [mistake] = mistakesIn(goodWith([known, known.replace("127.0.0.1", ip)]));
      assert.match(mistake, /expected an IP address/, ip);
    }
  }
  // Every address, as a network, is said on purpose.
  assert.deepEqual(mistakesIn(goodWith(["c1: { ip: 127.0.0.1", "c1: { ip: 0.0.0.0/0"])), []);
});
