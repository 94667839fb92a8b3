import { embeddedSuite } from "../cli/embedded_suite.ts";
import { executable } from "./_executable.ts";

embeddedSuite("compiled", executable);
