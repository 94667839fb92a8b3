import { checkout } from "../_support/cli.ts";
import { walkSuite } from "./walk_suite.ts";

walkSuite("deno run", checkout);
