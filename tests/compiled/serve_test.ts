import { serveSuite } from "../cli/serve_suite.ts";
import { executable } from "./_executable.ts";

serveSuite("compiled", executable);
