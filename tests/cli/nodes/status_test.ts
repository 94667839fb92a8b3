import { checkout } from "../../_support/checkout.ts";
import { statusSuite } from "./status_suite.ts";

statusSuite("deno run", checkout);
