import { checkout } from "../_support/cli.ts";
import { typesSuite } from "./types_suite.ts";

typesSuite("deno run", checkout);
