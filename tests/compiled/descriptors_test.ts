import { descriptorsSuite } from "../cli/descriptors_suite.ts";
import { executable } from "./_executable.ts";

descriptorsSuite("compiled", executable);
