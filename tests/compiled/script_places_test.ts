import { scriptPlacesSuite } from "../cli/script_places_suite.ts";
import { executable } from "./_executable.ts";

scriptPlacesSuite("compiled", executable);
