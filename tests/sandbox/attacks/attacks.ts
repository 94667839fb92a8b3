/**
 * What scripts try, and what comes of it. Every row runs against a node under `deno run` and against the
 * compiled executable (`attacks_suite.ts`), and is a row of docs/security.md.
 */
import type { ExceptionType } from "../../../lib/errors/mod.ts";
import { codeAttacks } from "./_code_attacks.ts";
import { globalsAttacks } from "./_globals_attacks.ts";
import { importAttacks } from "./_import_attacks.ts";
import { realmAttacks } from "./_realm_attacks.ts";
import { resultAttacks } from "./_result_attacks.ts";
import { runtimeAttacks } from "./_runtime_attacks.ts";
import { sharedAttacks } from "./_shared_attacks.ts";

/** What comes of an attack. */
export type Expected =
  /** The node takes no deployment with this script; its message says why. */
  | { readonly refused: RegExp }
  /** The call ends in an exception with this message; Execution Exception where no code is given. */
  | { readonly exception: RegExp; readonly code?: ExceptionType }
  /** The call returns something harmless. */
  | { readonly value: unknown };

/** One attempt. */
export interface Attack {
  /** What is tried, for people; unique. */
  readonly name: string;
  /** The JavaScript of one rpc. It is called with a {@linkcode Bait}, as JSON. */
  readonly source: string;
  /** Default: `str`. */
  readonly returns?: string;
  /** A RegExp as a value stands for every text that it matches. */
  readonly expected: Expected;
  /** Put into the node's store behind its back, as if the check of arriving scripts had failed. */
  readonly isSmuggled?: true;
  /** Why nothing worse comes of it, in one sentence. */
  readonly why: string;
}

/** What an attack would like to have; nothing of it may ever be reached. */
export interface Bait {
  /** A file with a secret in it. */
  readonly file: string;
  /** The folder that it lies in; no file may appear there. */
  readonly folder: string;
  /** The name of a variable in the node's environment with a secret in it. */
  readonly variable: string;
  /** A TCP port of loopback at which the test listens. */
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
