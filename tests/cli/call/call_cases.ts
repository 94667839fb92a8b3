/** Command lines of `farcall call`, and their output. */
import { closedPort } from "../../_support/commands/cli.ts";
import { failure, mentions } from "../../_support/mentions.ts";

/** A successful call. */
export interface Success {
  readonly args: readonly string[];
  readonly prints: string;
  readonly stdin?: string;
}

const two80 = "1208925819614629174706176";

/** By the feature that each shows. */
export const successes: Record<string, Success> = {
  "arguments are read by the declared types": { args: ["math.add", "2", "3"], prints: "5" },
  "a text is printed raw": { args: ["math.add", "far", "call"], prints: "farcall" },
  "a text is printed as JSON with --json": {
    args: ["math.add", 'a "', "\nb", "--json"],
    prints: '"a \\"\\nb"',
  },
  "negative numbers are arguments": { args: ["math.add", "-2", "3"], prints: "1" },
  "two negative numbers are arguments": { args: ["math.add", "-2", "-3"], prints: "-5" },
  "what follows -- is an argument": {
    args: ["math.add", "--types", "str,str", "--", "--json", "-x"],
    prints: "--json-x",
  },
  "a large int is exact": { args: ["math.add", two80, "1"], prints: "1208925819614629174706177" },
  "a large int is exact in JSON": {
    args: ["math.add", "--args", `[${two80}, 1]`, "--json"],
    prints: "1208925819614629174706177",
  },
  "a list is JSON": { args: ["math.mean", "[1.5, 2]"], prints: "1.75" },
  "a target may be written as in a URL": { args: ["math/add", "2", "3"], prints: "5" },
  "a list is printed as JSON": { args: ["math.primes", "12"], prints: "[2,3,5,7,11]" },
  "a bool is printed as JSON": { args: ["math.is_prime", "7"], prints: "true" },
  "a tuple is printed as JSON": { args: ["math.bounds", "[3, -1]"], prints: "[-1,3]" },
  "an Optional without a value is null": { args: ["math.bounds", "[]"], prints: "null" },
  "several values come one a line": { args: ["math.divide", "17", "5"], prints: "3\n2" },
  "several values are one array with --json": {
    args: ["math.divide", "17", "5", "--json"],
    prints: "[3,2]",
  },
  "an rpc without a value prints nothing": {
    args: ["text.note", "hello", "--as", "c2"],
    prints: "",
  },
  "an rpc without a value prints null with --json": {
    args: ["text.note", "hello", "--as", "c2", "--json"],
    prints: "null",
  },
  "bytes are base64 both ways": {
    args: ["hash.digest", "ZmFyY2FsbA==", "--json"],
    prints: '"q1xmmqSHs7PHj4tUBmIqrRVwITq6d9P8wpoOQf4Fn0s="',
  },
  "a dict is printed as JSON": {
    args: ["text.word_count", "to be or not to be", "--as", "c2"],
    prints: '{"to":2,"be":2,"or":1,"not":1}',
  },
  "a stream comes from standard input, a line an item, and is printed a line an item": {
    args: ["text.search", "-", "be", "--as", "c2"],
    stdin: "to be\nor not\r\nto be",
    prints: "to be\nto be",
  },
  "a stream may be written as a list, and is printed as JSON with --json": {
    args: ["text.search", '["to be", "or not"]', "o", "--as", "c2", "--json"],
    prints: '"to be"\n"or not"',
  },
  "a stream may be empty": {
    args: ["text.search", "-", "be", "--as", "c2"],
    stdin: "",
    prints: "",
  },
  "a stream may come from a file": {
    args: ["text.search", "@init.yaml", "tenants: [c2]", "--as", "c2"],
    prints: "    tenants: [c2]",
  },
  "--args takes all arguments as JSON": {
    args: ["math.add", "--args", '["a", "b"]'],
    prints: "ab",
  },
  "--args - takes a byte order mark for nothing": {
    args: ["math.add", "--args", "-"],
    stdin: "\ufeff[2, 3]",
    prints: "5",
  },
  "--args - reads them from standard input": {
    args: ["math.add", "--args", "-"],
    stdin: "[2,\n 3]\n",
    prints: "5",
  },
  "--types chooses the overload": {
    args: ["math.add", "--types", "str,str", "2", "3"],
    prints: "23",
  },
  "--types may have spaces and brackets": {
    args: ["slow.echo", "--types", "List[int], str", "[1, 2]", "!"],
    prints: "1+2!",
  },
  "a client with access is found where none is named": {
    args: ["text.word_count", "a"],
    prints: '{"a":1}',
  },
  "--server takes a name of init.yaml": {
    args: ["text.word_count", "a", "--server", "s2"],
    prints: '{"a":1}',
  },
  "options may come first": { args: ["--as", "c1", "math.add", "1", "1"], prints: "2" },
  "an empty text is an argument": { args: ["math.add", "", "x"], prints: "x" },
  "text beyond ASCII arrives whole": { args: ["math.add", "ä→", "𝄞"], prints: "ä→𝄞" },
};

/** A failing call. */
export interface Failure {
  readonly code: number;
  readonly args: readonly string[];
  /** The content of standard error. */
  readonly says: RegExp;
  readonly stdin?: string;
}

/** By the feature that each shows. */
export const failures: Record<string, Failure> = {
  "the script's own error is 10": {
    code: 10,
    args: ["math.mean", "[]"],
    says: failure("Execution Exception", /mean .*values/, "s1"),
  },
  "arguments that fit no overload are 11, and every signature is listed": {
    code: 11,
    args: ["math.add", "2"],
    says: failure("Invalid Arguments", '("2")', "add(int, int) -> int", "add(str, str) -> str"),
  },
  "a stream that is written as none is told how": {
    code: 11,
    args: ["text.search", "x", "y", "--as", "c2"],
    says: mentions("argument 1", "Stream[str]", "FILE", "JSON", '"x"'),
  },
  "a file that cannot be read is a usage error": {
    code: 2,
    args: ["text.search", "@nowhere", "y", "--as", "c2"],
    says: mentions('"nowhere"', /\bno .*file/),
  },
  "a folder in the place of a stream's file is 2": {
    code: 2,
    args: ["text.search", "@services", "y", "--as", "c2"],
    says: mentions('"services"', "is a folder"),
  },
  "a file without end in the place of the arguments is 2": {
    code: 2,
    args: ["math.add", "--args", "@/dev/zero"],
    says: mentions('"/dev/zero"', "bytes"),
  },
  "a folder in the place of a key is 2": {
    code: 2,
    args: ["math.add", "2", "3", "--key", "services"],
    says: mentions('"services"', "is a folder"),
  },
  "standard input for many calls is 2": {
    code: 2,
    args: ["text.search", "-", "y", "--as", "c2", "--repeat", "2"],
    says: mentions("--repeat", "PATH", /standard.input/),
  },
  "an argument of the wrong type is 11, and is named": {
    code: 11,
    args: ["math.mean", '[1, "x"]'],
    says: mentions("argument 1", "item 2", '"x"'),
  },
  "types of no overload are 11": {
    code: 11,
    args: ["math.add", "--types", "int,str", "2", "3"],
    says: mentions('"add"', "(int, str)", "add(int, int)", "add(str, str)"),
  },
  "an unknown service is 12, with the nearest": {
    code: 12,
    args: ["mth.add", "2", "3"],
    says: failure("Service Not Found", '"mth"', '"math"'),
  },
  "a service that the node does not provide is 12": {
    code: 12,
    args: ["hash.digest", "", "--server", "s2"],
    says: failure("Service Not Found", '"hash"', "s2"),
  },
  "an unknown rpc is 13": {
    code: 13,
    args: ["math.ad", "2", "3"],
    says: failure("RPC Not Found", '"math"', '"ad"'),
  },
  "a client that is not a tenant is 14, and hears which service is closed to whom": {
    code: 14,
    args: ["text.word_count", "a", "--as", "c1"],
    says: failure("Client Not Registered", '"text"', '"c1"', "127.0.0.1", "closed"),
  },
  "a client that is not a tenant cannot tell a missing rpc": {
    code: 14,
    args: ["text.nothing", "a", "--as", "c1"],
    says: failure("Client Not Registered", '"text"', '"c1"', "closed"),
  },
  "a client that init.yaml does not have is 14, with the nearest": {
    code: 14,
    args: ["math.add", "2", "3", "--as", "c11"],
    says: failure("Client Not Registered", '"c11"', '"c1"'),
  },
  "a call that takes longer than --timeout is 21": {
    code: 21,
    args: ["slow.wait", "20000", "--timeout", "300ms"],
    says: failure("Deadline Exceeded"),
  },
  "a closed port is 20, and the message says what to do": {
    code: 20,
    args: ["math.add", "2", "3", "--server", `127.0.0.1:${closedPort}`],
    says: failure("Node Unreachable", "127.0.0.1:1", "farcall serve"),
  },
  "--args that is not JSON is 2": {
    code: 2,
    args: ["math.add", "--args", "[2,"],
    says: mentions("--args", "JSON"),
  },
  "--args with a key twice is 2, with the key": {
    code: 2,
    args: ["math.add", "--args", '[{"a": 1, "a": 2}]'],
    says: mentions("--args", '"a"', "item 1", "twice"),
  },
  "--args - in UTF-16 is 2, and told as such": {
    code: 2,
    args: ["math.add", "--args", "-"],
    stdin: "[\x002\x00]\x00",
    says: mentions("--args", "UTF-16"),
  },
  "--args that is no array is 2, with an example": {
    code: 2,
    args: ["math.add", "--args", "-"],
    stdin: "2",
    says: mentions("--args", "JSON"),
  },
  "arguments twice are 2": {
    code: 2,
    args: ["math.add", "2", "--args", "[2, 3]"],
    says: mentions("--args"),
  },
  "a target that is none is 2": {
    code: 2,
    args: ["add", "2", "3"],
    says: /^farcall: "add" .*SERVICE\.RPC.*math\.add\n$/,
  },
  "a service and an rpc as two words are 2, with the one word that they are": {
    code: 2,
    args: ["math", "add", "2", "3"],
    says: mentions('"math"', "math.add"),
  },
  "no time at all is 2": {
    code: 2,
    args: ["math.add", "2", "3", "--timeout", "0"],
    says: mentions("--timeout", '"0"', "duration"),
  },
  "a duration that is none is 2": {
    code: 2,
    args: ["math.add", "2", "3", "--timeout", "soon"],
    says: mentions("--timeout", "500ms", '"soon"', "duration"),
  },
  "a pin that is none is 2": {
    code: 2,
    args: ["math.add", "2", "3", "--pin", "0123ABCD"],
    says: mentions("--pin", '"0123ABCD"', "64", "--verbose", "script"),
  },
  "a duration that is too long is 2": {
    code: 2,
    args: ["math.add", "2", "3", "--timeout", "25h"],
    says: mentions("--timeout 25", "24h"),
  },
  "a server that init.yaml does not have is 2, with the nearest": {
    code: 2,
    args: ["math.add", "2", "3", "--server", "s3"],
    says: mentions("init.yaml", '"s3"', '"s1"'),
  },
  "a port that is none is 2": {
    code: 2,
    args: ["math.add", "2", "3", "--server", "127.0.0.1:99999"],
    says: mentions("99999", "65535", "port"),
  },
  "nor is a text behind a scheme a file": {
    code: 2,
    args: ["math.add", "2", "3", "--server", "udp://127.0.0.1:nought"],
    says: mentions('"nought"', "65535", "port"),
  },
  "standard input, which is for arguments, is no init.yaml: 2": {
    code: 2,
    args: ["math.add", "2", "3", "--config", "-"],
    says: mentions("--config", /standard.input/),
  },
  "a file that is not there is 2, said once": {
    code: 2,
    args: ["math.add", "2", "3", "--config", "init.yml"],
    says: /^farcall: .*init\.yml.*\n +hint: .*"init\.yaml".*\n$/,
  },
};
