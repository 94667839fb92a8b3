import { checkout } from "../_support/cli.ts";
import { resetsSuite } from "./resets_suite.ts";

resetsSuite("deno run", checkout);
