import { patienceSuite } from "../cli/patience_suite.ts";
import { executable } from "./_executable.ts";

patienceSuite("compiled", executable);
