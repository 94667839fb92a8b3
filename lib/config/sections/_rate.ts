/** `rate` and `burst` of a client: how often it may call. */
import { limits } from "../../limits/mod.ts";
import {
  type CallRate,
  parseQuantity,
  parseRate,
  quantityForms,
  rateForm,
} from "../../manifest/mod.ts";
import type { Check, Fields } from "./fields.ts";
import { describe, type Entry, isNothing } from "../yaml/nodes.ts";

const sample = "write rate: 100/s, and burst: 200 to let more arrive at once";

/** Reads both, and notes mistakes. Undefined if the rate is missing or invalid. */
export function readRate(check: Check, fields: Fields): CallRate | undefined {
  const [rateField, burstField] = [fields.get("rate"), fields.get("burst")];
  const burst = burstField && readBurst(check, burstField);
  if (rateField === undefined) {
    if (burstField !== undefined) {
      const message = '"burst" needs a "rate" beside it';
      check.findings.add({ at: burstField.key, message, hint: sample });
    }
    return undefined;
  }
  const { key, value } = rateField;
  if (value.kind === "broken") return undefined;
  const rate = value.kind === "scalar" ? parseRate(value.text) : undefined;
  if (rate !== undefined) return { ...rate, burst: burst ?? rate.calls };
  const isNumber = value.kind === "scalar" && /^[1-9]\d*$/.test(value.text);
  check.findings.add({
    at: isNothing(value) ? key : value,
    message: `"rate" is ${describe(value)}, expected ${rateForm}`,
    hint: isNumber ? `add the period: ${value.text}/s, or /m, /h` : sample,
  });
  return undefined;
}

function readBurst(check: Check, { key, value }: Entry): number | undefined {
  if (value.kind === "broken") return undefined;
  const burst = value.kind === "scalar" ? parseQuantity(value.text, "count") : undefined;
  if (burst !== undefined && burst <= limits.rateCallsMax) return burst;
  check.findings.add({
    at: isNothing(value) ? key : value,
    message: `"burst" is ${describe(value)}, expected ${quantityForms.count}`,
    hint: sample,
  });
  return undefined;
}
