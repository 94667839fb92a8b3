import { tlsSuite } from "../../cli/network/tls_suite.ts";
import { executable } from "../_executable.ts";

tlsSuite("compiled", executable);
