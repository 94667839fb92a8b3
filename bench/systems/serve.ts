/** Starts a peer's server and prints its port: `deno run --allow-all _serve.js MODULE`, or `node _serve.js MODULE`. */
import process from "node:process";
import type { Server } from "./contender.ts";

const { serve }: Server = await import(process.argv[2]);
process.stdout.write(`:${await serve()}\n`);
