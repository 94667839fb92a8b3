import { statusSuite } from "../cli/status_suite.ts";
import { executable } from "./_executable.ts";

statusSuite("compiled", executable);
