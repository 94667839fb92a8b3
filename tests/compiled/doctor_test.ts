import { doctorSuite } from "../cli/doctor_suite.ts";
import { executable } from "./_executable.ts";

doctorSuite("compiled", executable);
