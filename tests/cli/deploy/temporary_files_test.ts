import { checkout } from "../../_support/checkout.ts";
import { temporaryFilesSuite } from "./temporary_files_suite.ts";

temporaryFilesSuite("deno run", checkout);
