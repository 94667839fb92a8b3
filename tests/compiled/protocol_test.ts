import { protocolSuite } from "../cli/protocol_suite.ts";
import { executable } from "./_executable.ts";

protocolSuite("compiled", executable);
