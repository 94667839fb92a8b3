/**
 * A rule for `deno lint`: tests demand codes, names, places, values and options of messages (`_support/mentions.ts`),
 * not sentences. Whoever improves a sentence changes no test.
 */

/** Files that name the sentences once, for all tests, and those that read documents and printed tables by patterns. */
const readers = [
  "tests/_lint/prose.ts",
  "tests/_support/cli.ts",
  "tests/_support/mentions.ts",
  "tests/config/_schema.ts",
  "tests/deploy/compiler_test.ts",
  "tests/protocol_doc_test.ts",
  "tests/readme_test.ts",
];

/** Files whose patterns still have sentences. No file joins them. */
const later = [
  "tests/config/tls_test.ts",
  "tests/executor/console_test.ts",
  "tests/executor/deadlines_test.ts",
  "tests/executor/link_test.ts",
  "tests/executor/lives_test.ts",
  "tests/executor/outgoing_link_test.ts",
  "tests/executor/sandbox_test.ts",
  "tests/hostile_test.ts",
  "tests/protocol_caller_test.ts",
  "tests/sandbox/_code_attacks.ts",
  "tests/sandbox/_globals_attacks.ts",
  "tests/sandbox/_hazards.ts",
  "tests/sandbox/_import_attacks.ts",
  "tests/sandbox/_result_attacks.ts",
  "tests/sandbox/_runtime_attacks.ts",
  "tests/sandbox/_trying.ts",
  "tests/sandbox/containment_suite.ts",
  "tests/sandbox/granted_suite.ts",
  "tests/sandbox/own_node_suite.ts",
  "tests/sandbox/realm_test.ts",
  "tests/server/access_test.ts",
  "tests/server/call_budget_test.ts",
  "tests/server/connection_table_test.ts",
  "tests/server/deploy_keys_test.ts",
  "tests/server/deployment_test.ts",
  "tests/server/frame_states_test.ts",
  "tests/server/keys_test.ts",
  "tests/server/local_deployers_test.ts",
  "tests/server/logs_test.ts",
  "tests/server/memory_test.ts",
  "tests/server/nats_door_test.ts",
  "tests/server/operator_test.ts",
  "tests/server/probes_test.ts",
  "tests/server/refusals_test.ts",
  "tests/server/remembered_requests_test.ts",
  "tests/server/signed_json_rpc_test.ts",
  "tests/server/signed_requests_test.ts",
  "tests/server/signed_root_test.ts",
  "tests/server/staging_test.ts",
  "tests/server/status_test.ts",
  "tests/server/strangers_test.ts",
  "tests/server/take_over_test.ts",
  "tests/transport/nats/link_test.ts",
  "tests/transport/nats/session_test.ts",
  "tests/transport/raw_ip/connection_cases.ts",
  "tests/transport/raw_ip/far_cases.ts",
  "tests/transport/tcp_test.ts",
  "tests/transport/tls_test.ts",
  "tests/transport/write_queue_test.ts",
];

/** What is no prose: commands to run, signatures and types, columns of a fixed format. */
const code = [
  /\b(?:farcall|npm|npx|setcap|chmod) (?:--limit )?[a-z]+/g,
  /\\?\([\w, |:[\]\\]*\\?\)(?: -> \S+(?:, \w+)*)?/g,
  /--[a-z-]+ \S+/g,
  /<\w+, \w+>|\[\w+, \w+\]/g,
  /\bat (?:file|fail|made|scripts)\b/g,
];

/** What tests' own scripts and keys say, which no change of a message touches. */
const own = [
  "a count below 0",
  "core file size",
  "double null",
  "it went wrong",
  "left at 102",
  "no more",
  "no price of nothing",
  "no such host",
  "no way",
  "not today",
  "watch over",
];

/** Two words, one after the other. */
const words = /(?<!\w)[a-z]{2,},? [a-z]{2,}(?!\w)/;

const root = new URL("../../", import.meta.url).pathname;

/** Reports sentences in patterns, and in what is given to the helpers of mentions.ts. */
const plugin: Deno.lint.Plugin = {
  name: "farcall",
  rules: {
    prose: {
      create(context) {
        const path = context.filename.slice(root.length);
        if (!path.startsWith("tests/") || readers.includes(path) || later.includes(path)) return {};
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
