import { descriptorsSuite } from "../../cli/nodes/descriptors_suite.ts";
import { executable } from "../_executable.ts";

descriptorsSuite("compiled", executable);
