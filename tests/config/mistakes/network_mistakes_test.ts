/** Mistakes in the section `network`: each with its own clear message and position. */
import assert from "node:assert/strict";
import type { InvalidConfiguration } from "../../../lib/errors/mod.ts";
import { assertMistakes, good, goodWith, mistakesIn, parse } from "../helpers.ts";
import { diagnostic, mentions } from "../../_support/mentions.ts";

const aKey = "ed25519:7_j6IuJZTdx4rv-0OKciLJRDfPSC3HuaQl2ih-krX6w";

const cases: readonly (readonly [name: string, text: string, mistakes: readonly RegExp[]])[] = [
  ["a missing section network is found", good.slice(good.indexOf("services:")), [
    diagnostic("1:1", '"network"', "missing"),
  ]],
  ["sections that are left empty are found", "network:\nservices:\n", [
    diagnostic("1:1", "s1", "127.0.0.1", "8181", "c1", "port"),
    diagnostic("2:1", '"services"', "s1", "c1", "empty"),
  ]],
  ["a network that is a number is found", goodWith(["network:", "network: 7\nx:"]), [
    diagnostic("1:10", "s1", "127.0.0.1", "8181", "c1", "port"),
    diagnostic("2:1", '"x"', "unknown"),
  ]],
  ["a network without servers is found", "network:\n  clients: {}\nservices: {}\n", [
    diagnostic("1:1", '"servers"', "s1", "127.0.0.1", "8181", "port"),
  ]],
  [
    "an empty list of servers, and clients left empty, are found",
    "network:\n  servers: []\n  clients:\nservices: {}\n",
    [
      diagnostic("2:3", "s1", "127.0.0.1", "8181", "port"),
      diagnostic("3:3", '"clients"', "c1", "127.0.0.1", "empty"),
    ],
  ],
  [
    "a server's name with a space is found, and its users are not blamed",
    goodWith(["    s2:", "    my server:"], ["[s1, s2]", "[s1]"]),
    [diagnostic("4:5", '"my_server"')],
  ],
  [
    "a number as a server's name is told to be quoted, where it is declared and where it is used",
    goodWith(["    s2:", "    2:"], ["[s1, s2]", "[s1, 2]"]),
    [
      diagnostic("4:5", '"2"', "number"),
      diagnostic("10:21", '"2"', "number"),
    ],
  ],
  [
    "a boolean as a client's name is told to be quoted",
    goodWith(["    c2:", "    true:"], ["[c1, c2]", "[c1, true]"]),
    [
      diagnostic("7:5", '"true"'),
      diagnostic("11:19", '"true"'),
    ],
  ],
  [
    "a name that is too long is found",
    goodWith(["    s2:", "    " + "s".repeat(129) + ":"], ["[s1, s2]", "[s1]"]),
    [diagnostic("4:5", "129 characters", "128")],
  ],
  [
    "a server that is declared twice in a list is found, with the place of the first",
    "network:\n  servers:\n    - s1: { ip: ::1, port: 1 }\n    - s1: { ip: ::1, port: 2 }\n  clients: {}\nservices: {}\n",
    [diagnostic("4:7", '"s1"', "line 3", "column 7", "twice")],
  ],
  [
    "a server without anything is found",
    goodWith(["    s2: { ip: 127.0.0.1, port: 8282 }", "    s2:"]),
    [diagnostic("4:5", '"s2"', "127.0.0.1", "8181", "empty")],
  ],
  [
    "a server that is a text is found",
    goodWith(["{ ip: 127.0.0.1, port: 8282 }", "127.0.0.1:8282"]),
    [diagnostic("4:9", '"s2"', '"127.0.0.1:8282"', "8181", "port")],
  ],
  [
    "a server that is a list is found",
    goodWith(["{ ip: 127.0.0.1, port: 8282 }", "[127.0.0.1, 8282]"]),
    [diagnostic("4:9", '"s2"', "127.0.0.1", "8181", "port")],
  ],
  [
    "missing spaces behind colons are found, and nothing is called missing for them",
    goodWith(["{ ip: 127.0.0.1, port: 8282 }", "{ ip:127.0.0.1, port:8282 }"]),
    [
      diagnostic("4:11", '"ip:127.0.0.1"', "unknown"),
      diagnostic("4:25", '"port:8282"', "unknown"),
    ],
  ],
  ["a client without anything is found", goodWith(["    c2: { ip: 127.0.0.1 }", "    c2:"]), [
    diagnostic("7:5", '"c2"', "127.0.0.1", "empty"),
  ]],
  ["a server without ip is found", goodWith(["ip: 127.0.0.1, port: 8282", "port: 8282"]), [
    diagnostic("4:5", '"s2"', '"ip"', "127.0.0.1", "8181", "port"),
  ]],
  ["a server without port is found", goodWith(["ip: 127.0.0.1, port: 8282", "ip: 127.0.0.1"]), [
    diagnostic("4:5", '"s2"', '"port"', "127.0.0.1", "8181"),
  ]],
  [
    "a key of a feature that does not exist yet is refused, not ignored",
    goodWith(["port: 8282", "port: 8282, quota: 5"]),
    [diagnostic("4:38", '"quota"', "unknown")],
  ],
  [
    "a key that is none is found",
    goodWith(["c2: { ip: 127.0.0.1 }", "c2: { ip: 127.0.0.1, key: abc }"]),
    [
      diagnostic("7:31", '"ed25519:"', "43", "farcall keygen", "NAME", /public.key/),
    ],
  ],
  [
    "the path of a key in place of the key is found",
    goodWith(["c2: { ip: 127.0.0.1 }", "c2: { key: keys/c2.pub }"]),
    [
      diagnostic("7:16", '"ed25519:"', "43", "farcall keygen", /public.key/),
    ],
  ],
  [
    "a key that two clients have is found",
    goodWith(["c1: { ip: 127.0.0.1 }", `c1: { key: ${aKey} }`], [
      "c2: { ip: 127.0.0.1 }",
      `c2: { ip: ::1, key: ${aKey} }`,
    ]),
    [
      diagnostic("7:25", '"c1"', '"c2"', "line 6", "column 5", "farcall keygen"),
    ],
  ],
  [
    "a client with neither an address nor a key is found",
    goodWith(["c2: { ip: 127.0.0.1 }", "c2: { port: 80 }"]),
    [diagnostic("7:5", '"c2"', '"ip"', '"key"', "127.0.0.1")],
  ],
  [
    "misspelt keys are guessed, by meaning and by letters, and their values still checked",
    goodWith(["{ ip: 127.0.0.1, port: 8282", "{ host: 127.0.0.1, prot: 8282"]),
    [
      diagnostic("4:11", '"host"', '"ip"', "unknown"),
      diagnostic("4:28", '"prot"', '"port"', "unknown"),
    ],
  ],
  [
    "two servers on one address are found, with the place of the other",
    goodWith(["8282", "8181"]),
    [diagnostic("4:32", '"s1"', '"s2"', "127.0.0.1:8181", "line 3", "column 5", "port")],
  ],
  [
    "two servers on one address are found where one is spelled localhost",
    goodWith(["ip: 127.0.0.1, port: 8282", "ip: localhost, port: 8181"]),
    [diagnostic("4:32", '"s1"', '"s2"', "8181", "line 3", "column 5", "port")],
  ],
  [
    "each ip and port that is none is found, and told what to write",
    "network:\n  servers:\n    a: { ip: 300.1.1.1, port: 0 }\n    b: { ip: 10.1, port: 65536 }\n    c: { ip: 127.0.0.1:80, port: http }\n    d: { ip: ['::1'], port: 1.5 }\n    e: { ip: 'http://x', port: '' }\n    f: { ip: '', port: '-1' }\n    g: { ip: , port: }\n    h: { ip: a_b..c, port: [1] }\n    i: { ip: '[::1]', port: true }\n    j: { ip: 010.0.0.1, port: 1e99 }\n  clients:\n    k: { ip: 10.0.0.0/33 }\n    l: { ip: example.com }\n    m: { ip: '*', port: 99999 }\n    n: { ip: 'fe80::1%eth0' }\n    o: { ip: '::1::' }\n    p: { ip: 10.1.2.3/8 }\n    q: { ip: 'fd00::1/8' }\n    r: { ip: '::/129' }\n    s: { ip: 10/8 }\nservices: {}\n",
    [
      diagnostic("3:14", '"300.1.1.1"', "IPv4", "255", "host"),
      diagnostic("3:31", "65535", "8181", "port"),
      diagnostic("4:14", "10.1", "IPv4", "127.0.0.1", "number"),
      diagnostic("4:26", "65535", "65536", "8181", "port"),
      diagnostic("5:14", '"127.0.0.1:80"', "port"),
      diagnostic("5:34", "65535", '"http"', "8181", "port"),
      diagnostic("6:14", "IPv6"),
      diagnostic("6:29", "65535", "1.5", "8181", "port"),
      diagnostic("7:14", '"http://x"', "host"),
      diagnostic("7:32", "65535", "8181", "empty"),
      diagnostic("8:14", "127.0.0.1", "empty"),
      diagnostic("8:24", "65535", '"-1"', "8181", "port"),
      diagnostic("9:10", "127.0.0.1"),
      diagnostic("9:16", "65535", "8181", "port"),
      diagnostic("10:14", '"a_b..c"', "127.0.0.1", "host"),
      diagnostic("10:28", "65535", "8181", "port"),
      diagnostic("11:14", '"[::1]"', "IPv6", "host"),
      diagnostic("11:29", "65535", "8181", "port"),
      diagnostic("12:14", '"010.0.0.1"', "IPv4", "255", "host"),
      diagnostic("12:31", "65535", "8181", "port"),
      diagnostic("14:14", '"10.0.0.0/33"'),
      diagnostic("15:14", '"example.com"', "host"),
      diagnostic("16:14", '"*"', "127.0.0.1"),
      diagnostic("16:25", "65535", "99999", "8181", "port"),
      diagnostic("17:14", '"fe80::1%eth0"'),
      diagnostic("18:14", '"::1::"', "127.0.0.1"),
      diagnostic("19:14", '"10.1.2.3/8"', "10.0.0.0"),
      diagnostic("20:14", '"fd00::1/8"'),
      diagnostic("21:14", '"::/129"', "10.0.0.0"),
      diagnostic("22:14", '"10/8"', "10.0.0.0"),
    ],
  ],
  [
    "keys that became siblings of their owner are told to be indented",
    "network:\n  servers:\n    - s1:\n      ip: 1.2.3.4\n      port: 1\n    - s2: { ip: 1.2.3.4, port: 2 }\n      s3: { ip: 1.2.3.4, port: 3 }\n    - name: s4\n      ip: 1.2.3.4\n    - [s5]\n  clients: {}\nservices: {}\n",
    [
      diagnostic("4:7", '"ip"', '"s1"'),
      diagnostic("6:7", '"s2"', '"s3"', "NAME"),
      diagnostic("8:7", '"name"', '"ip"', "NAME"),
      diagnostic("10:7", "s1", "127.0.0.1", "8181", "port"),
    ],
  ],
  [
    "a bad value behind an alias is found at each of its uses",
    goodWith(["ip: 127.0.0.1, port: 8181 }", "&i ip: 127.0.0.1, port: &p eighty }"], [
      "port: 8282",
      "port: *p",
    ]),
    [
      diagnostic("3:38", "65535", '"eighty"', "8181", "port"),
      diagnostic("4:32", "65535", '"eighty"', "8181", "port"),
    ],
  ],
];

for (const [name, text, mistakes] of cases) {
  Deno.test(name, () => {
    assertMistakes(text, mistakes);
  });
}

Deno.test("a private key in place of a public one is reported, and not shown", () => {
  const secret = "MC4CAQAwBQYDK2VwBCIEIBBhG6rOgBhilUBqFTphRQ==";
  const text = goodWith([
    "c2: { ip: 127.0.0.1 }",
    `c2: { key: "-----BEGIN PRIVATE KEY-----\\n${secret}\\n-----END PRIVATE KEY-----" }`,
  ]);
  assert.throws(() => parse(text), (error: InvalidConfiguration) => {
    const all = [error.message, ...error.details, JSON.stringify(error.diagnostics)].join();
    assert.match(all, mentions("7:16", /public.*private/));
    assert.ok(!all.includes(secret), all);
    return true;
  });
});

Deno.test("an impossible address is reported in any spelling, for servers and clients", () => {
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
      assert.match(mistake, new RegExp(`^${line}:.*(machine|expected)`), ip);
      assert.match(
        mistake,
        /\([^)]*\baddress\b/,
        ip,
      );
    }
  }
  for (const ip of ["0", "00", "0.0", "0x0", "0x7f.1", "00.00.00.00", '""']) {
    for (const known of ["s1: { ip: 127.0.0.1", "c1: { ip: 127.0.0.1"]) {
      const [mistake] = mistakesIn(goodWith([known, known.replace("127.0.0.1", ip)]));
      assert.match(mistake, /\bIP address\b/, ip);
    }
  }
  // A network of all addresses is explicit.
  assert.deepEqual(mistakesIn(goodWith(["c1: { ip: 127.0.0.1", "c1: { ip: 0.0.0.0/0"])), []);
});
