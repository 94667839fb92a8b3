import { usageSuite } from "../cli/usage_suite.ts";
import { executable } from "./_executable.ts";

usageSuite("compiled", executable);
