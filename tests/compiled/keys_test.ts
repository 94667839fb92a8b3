import { keysSuite } from "../cli/keys_suite.ts";
import { executable } from "./_executable.ts";

keysSuite("compiled", executable);
