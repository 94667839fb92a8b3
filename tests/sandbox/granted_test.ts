import { checkout } from "../_support/cli.ts";
import { grantedSuite } from "./granted_suite.ts";

grantedSuite("deno run", checkout);
