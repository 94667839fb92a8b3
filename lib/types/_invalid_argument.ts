import { InvalidArguments, messageOf, RpcException } from "../errors/mod.ts";
import { TypeMismatch } from "./type_mismatch.ts";

/** The error for an argument whose codec threw; `index` counts from 0. */
export function invalidArgument(thrown: unknown, index: number): unknown {
  if (thrown instanceof RpcException) return thrown;
  const place = `argument ${index + 1}`;
  if (thrown instanceof TypeMismatch) return new InvalidArguments(thrown.within(place).message);
  return new InvalidArguments(`${place} cannot be read: ${messageOf(thrown)}`, { cause: thrown });
}
