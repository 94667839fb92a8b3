import { checkout } from "../_support/cli.ts";
import { doctorSuite } from "./doctor_suite.ts";

doctorSuite("deno run", checkout);
