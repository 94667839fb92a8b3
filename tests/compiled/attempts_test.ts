import { attemptsSuite } from "../cli/attempts_suite.ts";
import { executable } from "./_executable.ts";

attemptsSuite("compiled", executable);
