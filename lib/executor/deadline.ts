import { formatQuantity, type FullServiceLimits } from "../manifest/mod.ts";

/** A call's time limit, and its origin. */
export interface CallTimeout {
  readonly timeoutMs: number;
  /** Whether it is the service's limit, shorter than the caller's. */
  readonly isOfService: boolean;
}

/** The shorter of the caller's and the service's time limit. */
export function callTimeout(
  askedMs: number,
  { timeoutMs: allowedMs }: Pick<FullServiceLimits, "timeoutMs">,
): CallTimeout {
  return { timeoutMs: Math.min(askedMs, allowedMs), isOfService: allowedMs < askedMs };
}

/** Names the exceeded limit, after `did not answer` and the like. */
export function withinTimeout(
  isOfService: boolean,
  { timeoutMs }: Pick<FullServiceLimits, "timeoutMs">,
): string {
  return isOfService
    ? `within ${formatQuantity(timeoutMs, "duration")}, its service's limits: timeout in init.yaml`
    : "within the call's deadline";
}
