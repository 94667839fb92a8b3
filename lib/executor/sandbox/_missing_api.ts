/** Explains errors of scripts that look for the network, files or the environment without the grant. */
import { type PermissionKind, sysNames } from "../../manifest/service_settings.ts";

/** An example line of init.yaml for each kind. */
const samples: Readonly<Record<PermissionKind, string>> = {
  net: '{ net: ["example.com:443"] }',
  read: "{ read: [/srv/data] }",
  write: "{ write: [/srv/data] }",
  env: "{ env: [NAME] }",
  sys: "{ sys: [hostname] }",
};

/** The names by which scripts reach granted resources, in the runtime, Node and browsers. */
const namesOf: Readonly<Record<PermissionKind, readonly string[]>> = {
  net: [
    ...["fetch", "WebSocket", "EventSource", "XMLHttpRequest", "WebSocketStream"],
    ...["connect", "connectTls", "startTls", "listen", "listenTls", "resolveDns", "serve"],
  ],
  read: [
    ...["readFile", "readFileSync", "readTextFile", "readTextFileSync", "readDir", "readDirSync"],
    ...["open", "openSync", "stat", "statSync", "lstat", "lstatSync", "realPath", "cwd"],
  ],
  write: [
    ...["writeFile", "writeFileSync", "writeTextFile", "writeTextFileSync", "create", "mkdir"],
    ...["mkdirSync", "remove", "removeSync", "rename", "makeTempDir", "makeTempFile"],
  ],
  env: ["env"],
  sys: sysNames,
};

const kindByName = new Map(
  Object.entries(namesOf).flatMap(([kind, names]) =>
    names.map((name) => [name, kind as PermissionKind])
  ),
);

/** Objects that contain such names, and are missing or incomplete in a script. */
const holders: readonly string[] = ["Deno", "process"];

const globals: readonly string[] = [
  ...["fetch", "WebSocket", "EventSource", "XMLHttpRequest", "WebSocketStream"],
];

/**
 * The kind of permission that a script needs for the name it did not find; undefined for any other error.
 *
 * @param message V8's message: `fetch is not a function`, `process is not defined`, `Cannot read properties of
 *   undefined (reading 'env')`.
 */
function missingKind(message: string): PermissionKind | "any" | undefined {
  const read = /^Cannot read properties of undefined \(reading '(\w+)'\)$/.exec(message)?.[1];
  if (read !== undefined) return kindByName.get(read);
  const [, path = "", name] =
    /^((?:\w+\.)*)(\w+) is not (?:a function|a constructor|defined)$/.exec(message) ?? [];
  if (name === undefined) return undefined;
  const [holder, ...between] = path.split(".").filter((part) => part !== "globalThis");
  if (holder === undefined || holder === "") {
    if (globals.includes(name)) return kindByName.get(name);
    return holders.includes(name) ? "any" : undefined;
  }
  if (!holders.includes(holder)) return undefined;
  return between.map((part) => kindByName.get(part)).find((kind) => kind !== undefined) ??
    kindByName.get(name);
}

/** The line of init.yaml that would grant what a script did not find; undefined for any other error. */
export function missingApiHint(message: string): string | undefined {
  const kind = missingKind(message);
  if (kind === undefined) return undefined;
  const line = kind === "any"
    ? `such as permissions: ${samples.net} or ${samples.env}`
    : `permissions: ${samples[kind]}`;
  return "scripts have no network, files or environment unless granted: give the service " +
    `${line} in init.yaml, and have the node's operator allow it with farcall serve --grant`;
}
