/** The executor of a service with grants, where each process was started with exactly these. */
import { grantedApi } from "./_granted_api.ts";
import { runExecutor } from "./child.ts";

if (import.meta.main) await runExecutor(Deno.args[0]!, { grantedApi });
