/** Finds the overloads with the types that a request names, in any spelling. */
import { InvalidArguments } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { type CompiledSignature, signatureLength } from "./signature.ts";
import { listSignatures } from "./signature_text.ts";
import {
  formatTypeExpression,
  parseTypeExpression,
  TypeExpressionError,
} from "./type_expression.ts";

/** What a request says about its overload. */
interface NamedTypes {
  readonly argumentTypes?: readonly string[];
  readonly returnTypes?: readonly string[];
}

/** The overloads with the types that the request names. @throws {InvalidArguments} If no overload has them. */
export function named<T extends { readonly signature: CompiledSignature }>(
  rpc: string,
  overloads: readonly T[],
  request: NamedTypes,
): readonly T[] {
  // Texts in the signatures' own spelling need no parsing.
  const spelled = overloads.filter(({ signature }) => hasTypes(signature, request));
  if (spelled.length > 0) return spelled;
  checkTypesLength(request);
  const args = canonicalTypes(request.argumentTypes, "argument type", rpc, overloads);
  const returns = canonicalTypes(request.returnTypes, "return type", rpc, overloads);
  const found = overloads.filter(({ signature }) =>
    hasTypes(signature, { argumentTypes: args, returnTypes: returns })
  );
  if (found.length > 0) return found;
  const understood = args === undefined
    ? `returns (${returns!.join(", ")})`
    : returns === undefined
    ? `has the argument types (${args.join(", ")})`
    : `is (${args.join(", ")}) -> ${returns.length === 0 ? "None" : returns.join(", ")}`;
  throw new InvalidArguments(
    `no overload of "${rpc}" ${understood}; ${listSignatures(rpc, overloads)}`,
  );
}

/** @throws {InvalidArguments} If the request names more than any signature has: no overload need be compared with it. */
function checkTypesLength({ argumentTypes = [], returnTypes = [] }: NamedTypes): void {
  const length = signatureLength({ args: argumentTypes, returns: returnTypes });
  if (length <= limits.signatureLengthMax) return;
  throw new InvalidArguments(
    `the request names ${argumentTypes.length} argument types and ${returnTypes.length} return types, of ` +
      `${length} characters; the types of one signature have at most ${limits.signatureLengthMax}`,
  );
}

function canonicalTypes(
  texts: readonly string[] | undefined,
  what: string,
  rpc: string,
  overloads: readonly { readonly signature: CompiledSignature }[],
): readonly string[] | undefined {
  return texts?.map((text, index) => {
    try {
      // Not codecOfText: type names that callers send must not fill the codec cache.
      return formatTypeExpression(parseTypeExpression(text));
    } catch (cause) {
      if (!(cause instanceof TypeExpressionError)) throw cause;
      throw new InvalidArguments(
        `${what} ${index + 1} of "${rpc}": ${cause.message}; ${listSignatures(rpc, overloads)}`,
        { cause },
      );
    }
  });
}

function hasTypes(
  { args, returns }: CompiledSignature,
  { argumentTypes, returnTypes }: NamedTypes,
): boolean {
  return (argumentTypes === undefined || equal(argumentTypes, args)) &&
    (returnTypes === undefined || equal(returnTypes, returns));
}

function equal(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
