import { formatQuantity, type FullServiceLimits } from "../manifest/mod.ts";

/** What a call may take, and whose limit that is. */
export interface CallTimeout {
  readonly timeoutMs: number;
  /** Its service allows less than its caller asked for. */
  readonly isOfService: boolean;
}

/** The shorter of what a caller asks for and its service allows. */
export function callTimeout(
  askedMs: number,
  { timeoutMs: allowedMs }: Pick<FullServiceLimits, "timeoutMs">,
): CallTimeout {
  return { timeoutMs: Math.min(askedMs, allowedMs), isOfService: allowedMs < askedMs };
}

/** Which limit struck: behind `did not answer`, and the like. */
export function withinTimeout(
  isOfService: boolean,
  { timeoutMs }: Pick<FullServiceLimits, "timeoutMs">,
): string {
  return isOfService
    ? `within ${formatQuantity(timeoutMs, "duration")}, its service's limits: timeout in init.yaml`
    : "within the call's deadline";
}
