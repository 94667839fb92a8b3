import { keygenSuite } from "../cli/keygen_suite.ts";
import { executable } from "./_executable.ts";

keygenSuite("compiled", executable);
