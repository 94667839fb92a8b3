import { checkout } from "../../_support/checkout.ts";
import { descriptorsSuite } from "./descriptors_suite.ts";

descriptorsSuite("deno run", checkout);
