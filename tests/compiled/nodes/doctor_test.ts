import { doctorSuite } from "../../cli/nodes/doctor_suite.ts";
import { executable } from "../_executable.ts";

doctorSuite("compiled", executable);
