/** The files of a new project, as strings, so that the executable needs no other files. */
import { formatTypes } from "../../lib/client/types_text.ts";
import { parseConfiguration } from "../../lib/config/mod.ts";
import { schemaText } from "../deploy/schema.ts";
import { servicesOf } from "../services/known_services.ts";

/** A file by its path in the project. */
export type Templates = Readonly<Record<string, string>>;

/** The files of a project. @param name Its name in the README. */
export function templatesOf(name: string): Templates {
  return {
    "init.yaml": configuration,
    "init.schema.json": schemaText(),
    "services/hello/greet.ts": greet,
    "services/hello/count_words.ts": countWords,
    "client.ts": client,
    "types.ts": formatTypes(servicesOf(parseConfiguration(configuration, { file, folder: "/" }))),
    "deno.json": settings,
    ".gitignore": ignored,
    "README.md": readme(name),
  };
}

const file = "init.yaml";

const configuration = `# yaml-language-server: $schema=init.schema.json
# farcall init makes every node run exactly this.

network:
  servers:
    here: { ip: 127.0.0.1, port: 8181 }
  clients: # known by the address that they call from
    me: { ip: 127.0.0.1 }

services:
  hello:
    description: Greetings, and a count of words
    providers: [here]
    tenants: [me]
    rpcs:
      greet:
        args: [str]
        names: [name]
        returns: [str]
        src: services/hello/greet.ts
        description: A greeting
        examples: # every node runs them before it commits
          - { args: [world], returns: ["Hello, world!"] }
          - { args: [""], throws: "a name" }
      count_words:
        args: [str]
        names: [text]
        returns: ["Dict[str, int]"]
        src: services/hello/count_words.ts
        description: How often each word occurs
        idempotent: true # callers may retry, even if it may have run
        examples:
          - { args: [to be or be], returns: [{ to: 1, be: 2, or: 1 }] }
`;

const greet = `/** Greets. */
export function greet(name: string): string {
  if (name === "") throw new Error("expected a name, got an empty text");
  return \`Hello, \${name}!\`;
}
`;

const countWords = `/** Counts how often each word occurs. */
export function count_words(text: string): Record<string, number> {
  const counts = new Map<string, number>();
  for (const word of text.toLowerCase().match(/\\p{L}+/gu) ?? []) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}
`;

const client =
  `// Calls over HTTP, with the types of init.yaml and no library: deno task client, or node client.ts (22.18 or later).
import type { Services } from "./types.ts"; // farcall types --out types.ts regenerates it

const node = "http://127.0.0.1:8181";

function service<Name extends keyof Services>(name: Name): Services[Name] {
  return new Proxy({} as Services[Name], {
    get: (_, rpc: string) => async (...args: unknown[]) => {
      const response = await fetch(\`\${node}/\${name}/\${rpc}\`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(args),
      });
      if (!response.ok) throw new Error(await response.text());
      return await response.json();
    },
  });
}

const hello = service("hello");
const greeting = await hello.greet("client"); // hello.greet(1) would not pass deno check
const words = await hello.count_words(greeting);
console.log(greeting, Object.keys(words).length);
`;

const settings = `${
  JSON.stringify(
    {
      tasks: { client: "deno run --allow-net client.ts", check: "deno check client.ts services" },
      exclude: [".farcall"],
    },
    undefined,
    2,
  )
}
`;

const ignored = `.farcall/
node_modules/
*.key
*.log
`;

function readme(name: string): string {
  return `# ${name}

    farcall serve --log farcall.log &     # a node on this machine
    farcall init                          # deploys what init.yaml declares
    farcall call hello.greet world        # Hello, world!
    deno task client                      # the same from a program

\`farcall init --watch\` deploys on every save, \`farcall call\` lists what may be
called, and \`farcall types --out types.ts\` regenerates the types for client.ts.
`;
}
