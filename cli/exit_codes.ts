/** Exit codes: documented in docs/cli.md, and stable. */
import type { ErrorCode } from "../lib/errors/mod.ts";

/** Bad usage or configuration. */
export const exitUsage = 2;

/** Changes are pending; for scripts that check. */
export const exitWouldChange = 3;

/** A node's store differs from what was deployed, or has an untrusted signature. */
export const exitUntraceable = 23;

/** Ended by SIGINT or SIGTERM, as in shells. */
export const exitInterrupted = 130;

/** A node cannot be reached. */
export const exitUnreachable = 20;

/** Anything unforeseen: a defect of farcall. */
export const exitDefect = 70;

/** The requested output cannot be written to standard output. */
export const exitOutput = 74;

const exitCodes: Record<ErrorCode, number> = {
  "Invalid Configuration": exitUsage,
  "Invalid Script": exitUsage,
  "Root In Use": exitUsage,
  "Root Unreadable": exitUsage,
  "Address In Use": exitUsage,
  "Address Not Available": exitUsage,
  "File Unreadable": exitUsage,
  "Undeliverable": exitUnreachable,
  "File Undelivered": exitUnreachable,
  "File Refused": 22,
  "Execution Exception": 10,
  "Invalid Arguments": 11,
  "Service Not Found": 12,
  "RPC Not Found": 13,
  "Client Not Registered": 14,
  "Node Unreachable": exitUnreachable,
  "Connection Lost": exitUnreachable,
  "Deadline Exceeded": 21,
  "Cancelled": 22,
  "Overloaded": 22,
  "Unauthenticated": 22,
  "Deploy Rejected": 22,
  "Malformed Message": 22,
  "Message Too Large": 22,
  "Server Draining": 22,
  "Unavailable": 22,
  "Internal Error": 22,
};

/** The exit code of an error code. */
export function exitCodeOf(code: ErrorCode): number {
  return exitCodes[code];
}
