import { completeSuite } from "../cli/complete_suite.ts";
import { executable } from "./_executable.ts";

completeSuite("compiled", executable);
