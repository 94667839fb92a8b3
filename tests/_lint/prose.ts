/**
 * A rule for `deno lint`: tests demand codes, names, positions, values and options of messages
 * (`_support/mentions.ts`), not sentences, so that improving a sentence changes no test.
 */

/** Files that define the sentences for all tests, and those that match documents and printed tables. */
const readers = [
  "tests/_lint/prose.ts",
  "tests/_support/commands/cli.ts",
  "tests/_support/mentions.ts",
  "tests/config/_schema.ts",
  "tests/deploy/compiler_test.ts",
  "tests/protocol_doc_test.ts",
  "tests/readme_test.ts",
];

/** Not prose: commands to run, signatures and types, columns of a fixed format. */
const code = [
  /\b(?:farcall|npm|npx|setcap|chmod) (?:--limit )?[a-z]+/g,
  /\\?\([\w, |:[\]\\]*\\?\)(?: -> \S+(?:, \w+)*)?/g,
  /--[a-z-]+ \S+/g,
  /<\w+, \w+>|\[\w+, \w+\]/g,
  /\bat (?:file|fail|made|scripts)\b/g,
];

/** Text from elsewhere: scripts of tests, V8, the system. Changing our messages does not affect it. */
const own = [
  "a count below 0",
  "cache file",
  "core file size",
  "double null",
  "from its getter",
  "from then",
  "generation from strings disallowed",
  "got nothing in return",
  "got on",
  "got reached",
  "got timed",
  "got undefined",
  "is not a (function|constructor)",
  "is not defined",
  "it went wrong",
  "left at 102",
  "no more",
  "no price of nothing",
  "no such host",
  "no way",
  "not today",
  "stack size exceeded",
  "watch over",
  "yes please",
];

/** Two consecutive words. */
const words = /(?<!\w)[a-z]{2,},? [a-z]{2,}(?!\w)/;

const root = new URL("../../", import.meta.url).pathname;

/** Reports sentences in patterns, and in arguments of mentions.ts. */
const plugin: Deno.lint.Plugin = {
  name: "farcall",
  rules: {
    prose: {
      create(context) {
        const path = context.filename.slice(root.length);
        if (!path.startsWith("tests/") || readers.includes(path)) return {};
        const check = (node: Deno.lint.Node, text: string): void => {
          if (!isProse(text)) return;
          context.report({
            node,
            message: "A sentence, of which a test should demand its facts alone",
            hint: "use mentions() or failure() of tests/_support/mentions.ts",
          });
        };
        return {
          Literal(node) {
            if ("regex" in node && node.regex !== undefined) check(node, node.regex.pattern);
          },
          NewExpression({ callee, arguments: [pattern] }) {
            if (callee.type !== "Identifier" || callee.name !== "RegExp") return;
            checkText(pattern, check);
          },
          CallExpression({ callee, arguments: facts }) {
            if (callee.type !== "Identifier") return;
            if (!/^(?:mentions|failure|diagnostic|pointing|lineWith)$/.test(callee.name)) return;
            const [first, ...rest] = facts;
            const isPlace = callee.name === "diagnostic" || callee.name === "pointing";
            for (const fact of isPlace ? rest : [first, ...rest]) checkText(fact, check);
          },
        };
      },
    },
  },
};

function checkText(
  node: Deno.lint.Node | undefined,
  check: (node: Deno.lint.Node, text: string) => void,
): void {
  if (node?.type === "Literal" && typeof node.value === "string") check(node, node.value);
  if (node?.type === "TemplateLiteral") {
    check(node, node.quasis.map(({ cooked }) => cooked).join("…"));
  }
}

function isProse(text: string): boolean {
  let rest = text;
  for (const each of own) rest = rest.replaceAll(each, "");
  for (const each of code) rest = rest.replaceAll(each, "");
  return words.test(rest);
}

export default plugin;
