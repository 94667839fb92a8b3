import { checkout } from "../_support/checkout.ts";
import { walkSuite } from "./walk_suite.ts";

walkSuite("deno run", checkout);
