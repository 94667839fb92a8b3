import { checkout } from "../_support/cli.ts";
import { containmentSuite } from "./containment_suite.ts";

containmentSuite("deno run", checkout);
