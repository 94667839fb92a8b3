import { tlsSuite } from "../cli/tls_suite.ts";
import { executable } from "./_executable.ts";

tlsSuite("compiled", executable);
