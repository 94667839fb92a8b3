import { secretsSuite } from "../cli/secrets_suite.ts";
import { executable } from "./_executable.ts";

secretsSuite("compiled", executable);
