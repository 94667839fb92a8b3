import { keygenSuite } from "../../cli/network/keygen_suite.ts";
import { executable } from "../_executable.ts";

keygenSuite("compiled", executable);
