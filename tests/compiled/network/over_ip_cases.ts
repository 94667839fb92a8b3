/** Runs in a network of its own: see over_ip_test.ts. */
import { rawIpSuite } from "../../cli/network/over_suite.ts";
import { executable } from "../_executable.ts";

rawIpSuite("compiled", executable);
