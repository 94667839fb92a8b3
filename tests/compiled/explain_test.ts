import { explainSuite } from "../cli/explain_suite.ts";
import { executable } from "./_executable.ts";

explainSuite("compiled", executable);
