import { checkout } from "../_support/cli.ts";
import { tlsSuite } from "./tls_suite.ts";

tlsSuite("deno run", checkout);
