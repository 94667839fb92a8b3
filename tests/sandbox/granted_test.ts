import { checkout } from "../_support/cli.ts";
import { grantedNamesSuite, grantedSuite } from "./granted_suite.ts";

grantedSuite("deno run", checkout);
grantedNamesSuite("deno run", checkout);
