import { patienceSuite } from "../../cli/call/patience_suite.ts";
import { executable } from "../_executable.ts";

patienceSuite("compiled", executable);
