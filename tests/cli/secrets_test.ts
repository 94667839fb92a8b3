import { checkout } from "../_support/cli.ts";
import { secretsSuite } from "./secrets_suite.ts";

secretsSuite("deno run", checkout);
