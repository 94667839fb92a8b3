import { scriptPlacesSuite } from "../../cli/scripts/script_places_suite.ts";
import { executable } from "../_executable.ts";

scriptPlacesSuite("compiled", executable);
