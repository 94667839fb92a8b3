import { attacksSuite } from "../sandbox/attacks/attacks_suite.ts";
import { containmentSuite } from "../sandbox/containment_suite.ts";
import { grantedNamesSuite, grantedSuite } from "../sandbox/granted_suite.ts";
import { ownNodeSuite } from "../sandbox/own_node_suite.ts";
import { walkSuite } from "../sandbox/walk_suite.ts";
import { executable } from "./_executable.ts";

attacksSuite("compiled", executable);
containmentSuite("compiled", executable);
walkSuite("compiled", executable);
grantedSuite("compiled", executable);
grantedNamesSuite("compiled", executable);
ownNodeSuite("compiled", executable);
