import { checkout } from "../_support/cli.ts";
import { attemptsSuite } from "./attempts_suite.ts";

attemptsSuite("deno run", checkout);
