import { checkout } from "../_support/cli.ts";
import { descriptorsSuite } from "./descriptors_suite.ts";

descriptorsSuite("deno run", checkout);
