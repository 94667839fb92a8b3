/** farcall from this checkout: from dist/farcall.js where that is current, which starts in half the time, else from its modules. */
import { builtFile } from "../lib/files/built_file.ts";

const module = builtFile("farcall") ?? import.meta.resolve("../cli/main.ts");
const { main } = await import(module);
Deno.exit(await main(Deno.args));
