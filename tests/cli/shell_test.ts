import { checkout } from "../_support/checkout.ts";
import { shellSuite } from "./shell_suite.ts";

shellSuite("deno run", checkout);
