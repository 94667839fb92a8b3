/**
 * The attacks of scripts, and their outcomes. Every row runs against a node under `deno run` and against the compiled
 * executable (`attacks_suite.ts`), and is a row of docs/security.md.
 */
import type { ExceptionType } from "../../../lib/errors/mod.ts";
import { codeAttacks } from "./_code_attacks.ts";
import { globalsAttacks } from "./_globals_attacks.ts";
import { importAttacks } from "./_import_attacks.ts";
import { realmAttacks } from "./_realm_attacks.ts";
import { resultAttacks } from "./_result_attacks.ts";
import { runtimeAttacks } from "./_runtime_attacks.ts";
import { sharedAttacks } from "./_shared_attacks.ts";

/** The outcome of an attack. */
export type Expected =
  /** The node refuses a deployment with this script; its message says why. */
  | { readonly refused: RegExp }
  /** The call ends in an exception with this message; Execution Exception unless a code is given. */
  | { readonly exception: RegExp; readonly code?: ExceptionType }
  /** The call returns something harmless. */
  | { readonly value: unknown };

/** One attempt. */
export interface Attack {
  /** A unique description for people. */
  readonly name: string;
  /** The JavaScript of one rpc, called with a {@linkcode Bait}, as JSON. */
  readonly source: string;
  /** Default: `str`. */
  readonly returns?: string;
  /** A RegExp value stands for every text that it matches. */
  readonly expected: Expected;
  /** Placed directly into the node's store, as if the check of arriving scripts had failed. */
  readonly isSmuggled?: true;
  /** Why nothing worse happens, in one sentence. */
  readonly why: string;
}

/** Targets of attacks, none of which may ever be reached. */
export interface Bait {
  /** A file with a secret. */
  readonly file: string;
  /** Its folder; no file may appear there. */
  readonly folder: string;
  /** The name of a variable in the node's environment with a secret value. */
  readonly variable: string;
  /** A loopback TCP port on which the test listens. */
  readonly port: number;
  /** The node's process. */
  readonly pid: number;
  /** The script of another service of the node. */
  readonly otherScript: string;
}

/** Every attempt. */
export const attacks: readonly Attack[] = [
  ...globalsAttacks,
  ...codeAttacks,
  ...runtimeAttacks,
  ...sharedAttacks,
  ...importAttacks,
  ...realmAttacks,
  ...resultAttacks,
];
