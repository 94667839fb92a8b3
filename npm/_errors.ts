/** Node's errors under Deno's names. */

const names = [
  ...["AddrInUse", "AddrNotAvailable", "AlreadyExists", "BadResource", "BrokenPipe"],
  ...["ConnectionRefused", "ConnectionReset", "IsADirectory", "NotADirectory", "NotCapable"],
  ...["ConnectionAborted", "NotConnected", "NotFound", "PermissionDenied", "UnexpectedEof"],
  "Interrupted",
] as const;

type DenoErrorName = typeof names[number];
type DenoErrorClass = new (message?: string, options?: ErrorOptions) => Error;

/** The replacement of `Deno.errors`. */
export const denoErrors = Object.fromEntries(names.map((name) => [
  name,
  class extends Error {
    override readonly name = name;
  },
])) as unknown as Readonly<Record<DenoErrorName, DenoErrorClass>>;

const byCode: Readonly<Record<string, DenoErrorName>> = {
  EACCES: "PermissionDenied",
  EADDRINUSE: "AddrInUse",
  EADDRNOTAVAIL: "AddrNotAvailable",
  ECONNREFUSED: "ConnectionRefused",
  ECONNRESET: "ConnectionReset",
  EEXIST: "AlreadyExists",
  EISDIR: "IsADirectory",
  ENOENT: "NotFound",
  ENOTDIR: "NotADirectory",
  EPERM: "PermissionDenied",
  EPIPE: "BrokenPipe",
};

/** The error that Deno would have thrown; errors without a counterpart stay as they are. */
export function toDenoError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const name = byCode[(error as { code?: string }).code ?? ""];
  return name === undefined ? error : new denoErrors[name](error.message, { cause: error });
}
