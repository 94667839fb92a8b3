/** Starts with an executor's permissions, drops those that an executor drops, and prints the rest. */
import { giveUpAfterLoading, giveUpBeforeLoading } from "../../lib/executor/permissions.ts";

const permissions = Deno.permissions;
const [socketPath, servicesFolder] = Deno.args;
const kinds = ["read", "write", "net", "env", "run", "sys", "ffi", "import"] as const;
const states = () => kinds.filter((name) => permissions.querySync({ name }).state === "granted");
const path = `${servicesFolder}/x.js`;
const canRead = () => permissions.querySync({ name: "read", path }).state === "granted";

const start = { socketPath, servicesFolder };
const seen = [{ states: states(), canRead: canRead() }];
giveUpBeforeLoading(permissions, {}, start);
seen.push({ states: states(), canRead: canRead() });
giveUpAfterLoading(permissions, {}, start);
seen.push({ states: states(), canRead: canRead() });
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(seen)));
