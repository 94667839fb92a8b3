/**
 * The codecs of container types. The path to a mismatch is built only when one is thrown: each container adds its step
 * as the error passes through.
 */
import { limits } from "../limits/mod.ts";
import { checkText, isNoneText, mismatch } from "./_scalar_codecs.ts";
import type { Budget, Codec, Reading } from "./_codec_parts.ts";
import { describeValue, keyStep, writeJsonString } from "../encoding/mod.ts";
import { type SegmentWriter, tooLarge } from "./payload.ts";
import type { TypeExpression } from "./type_expression.ts";
import { TypeMismatch, withinStep } from "./type_mismatch.ts";

type ContainerCodec = Omit<Codec, "fromText" | "toText">;

/** Items written in one step: at most some hundred megabytes, even of strings. */
const runLengthMax = 16 * 1024;
/** The codec of `List[item]`. */
export function listCodec(type: TypeExpression, text: string, item: Codec): ContainerCodec {
  return {
    type,
    text,
    segmented: item.segmented,
    write(value: unknown, segments: SegmentWriter | undefined): string {
      if (!Array.isArray(value)) throw mismatch(text, value);
      const length = value.length;
      if (length > limits.listItemsMax) throw tooLarge();
      let json = "[";
      let index = 0;
      try {
        while (index < length) {
          if (json.length > 1) json += ",";
          const run: unknown[] = [];
          let part: unknown;
          // Read each item once: a getter or a proxy may return a different one every time.
          while (index < length) {
            part = value[index];
            if (!item.isPlain?.(part) || run.length === runLengthMax) break;
            run.push(part);
            index++;
          }
          if (run.length === length) return JSON.stringify(run);
          if (run.length > 0) json += JSON.stringify(run).slice(1, -1);
          if (index === length) break;
          if (run.length > 0) json += ",";
          json += item.write(part, segments);
          index++;
          // Lists may contain the same list many times over, so the output must stay bounded.
          if (json.length > limits.messageBytesMax) throw tooLarge();
        }
      } catch (thrown) {
        throw withinStep(thrown, `item ${index + 1}`);
      }
      return json + "]";
    },
    read(json: unknown, reading: Reading): unknown {
      if (!Array.isArray(json)) throw mismatch(text, json);
      let list: unknown[] = json;
      let index = 0;
      try {
        for (; index < json.length; index++) {
          const part = json[index];
          const value = item.read(part, reading);
          if (Object.is(value, part)) continue;
          if (list === json && !reading.owned) list = json.slice();
          list[index] = value;
        }
      } catch (thrown) {
        throw withinStep(thrown, `item ${index + 1}`);
      }
      return list;
    },
    accepts(value: unknown, budget: Budget): boolean {
      if (!Array.isArray(value)) return false;
      budget.left -= value.length + 1;
      if (budget.left < 0) return false;
      for (let index = 0; index < value.length; index++) {
        if (!item.accepts(value[index], budget)) return false;
      }
      return true;
    },
  };
}

/** The codec of `Tuple[items]`. */
export function tupleCodec(
  type: TypeExpression,
  text: string,
  items: readonly Codec[],
): ContainerCodec {
  function check(value: unknown): asserts value is unknown[] {
    if (!Array.isArray(value)) throw mismatch(text, value);
    if (value.length !== items.length) {
      throw new TypeMismatch(`${text} (${items.length} items)`, describeValue(value));
    }
  }
  return {
    type,
    text,
    segmented: items.some((item) => item.segmented),
    write(value: unknown, segments: SegmentWriter | undefined): string {
      check(value);
      let json = "[";
      let index = 0;
      try {
        for (; index < items.length; index++) {
          const part = items[index]!.write(value[index], segments);
          json += index === 0 ? part : "," + part;
        }
      } catch (thrown) {
        throw withinStep(thrown, `item ${index + 1}`);
      }
      if (json.length > limits.messageBytesMax) throw tooLarge();
      return json + "]";
    },
    read(json: unknown, reading: Reading): unknown {
      check(json);
      let list = json;
      let index = 0;
      try {
        for (; index < items.length; index++) {
          const part = json[index];
          const value = items[index]!.read(part, reading);
          if (Object.is(value, part)) continue;
          if (list === json && !reading.owned) list = json.slice();
          list[index] = value;
        }
      } catch (thrown) {
        throw withinStep(thrown, `item ${index + 1}`);
      }
      return list;
    },
    accepts(value: unknown, budget: Budget): boolean {
      if (!Array.isArray(value) || value.length !== items.length) return false;
      budget.left -= items.length;
      return budget.left >= 0 &&
        items.every((item, index) => item.accepts(value[index], budget));
    },
  };
}

/** The codec of `Dict[str, item]`. */
export function dictCodec(type: TypeExpression, text: string, item: Codec): ContainerCodec {
  return {
    type,
    text,
    segmented: item.segmented,
    write(value: unknown, segments: SegmentWriter | undefined): string {
      if (!isPlainObject(value)) throw mismatch(text, value);
      let json = "{";
      let current = "";
      try {
        for (const key of Object.keys(value)) {
          current = key;
          checkKey(key);
          const part = item.write(value[key], segments);
          json += `${json.length === 1 ? "" : ","}${writeJsonString(key)}:${part}`;
          if (json.length > limits.messageBytesMax) throw tooLarge();
        }
      } catch (thrown) {
        throw withinStep(thrown, keyStep(current));
      }
      return json + "}";
    },
    read(json: unknown, reading: Reading): unknown {
      if (!isPlainObject(json)) throw mismatch(text, json);
      let dict = json;
      let current = "";
      const keys = Object.keys(json);
      reading.keys += keys.length;
      try {
        for (const key of keys) {
          current = key;
          checkKey(key);
          const part = json[key];
          const value = item.read(part, reading);
          if (Object.is(value, part)) continue;
          if (dict === json && !reading.owned) dict = { ...json };
          // `key` is an own property, so even "__proto__" changes nothing else.
          dict[key] = value;
        }
      } catch (thrown) {
        throw withinStep(thrown, keyStep(current));
      }
      return dict;
    },
    accepts(value: unknown, budget: Budget): boolean {
      if (!isPlainObject(value)) return false;
      const keys = Object.keys(value);
      budget.left -= keys.length + 1;
      if (budget.left < 0) return false;
      for (const key of keys) {
        if (!key.isWellFormed() || !item.accepts(value[key], budget)) return false;
      }
      return true;
    },
  };
}

function checkKey(key: string): void {
  if (!key.isWellFormed()) checkText(key);
}

/** Instances of classes are refused: their content would be lost silently (Map, Date). */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  // The last is the plain object of another realm.
  return prototype === Object.prototype || prototype === null ||
    Object.getPrototypeOf(prototype) === null;
}

/** The codec of `Optional[item]`. */
export function optionalCodec(type: TypeExpression, text: string, item: Codec): Codec {
  return {
    type,
    text,
    segmented: item.segmented,
    write(value: unknown, segments: SegmentWriter | undefined): string {
      return value === null || value === undefined ? "null" : item.write(value, segments);
    },
    read(json: unknown, reading: Reading): unknown {
      return json === null ? null : item.read(json, reading);
    },
    accepts(value: unknown, budget: Budget): boolean {
      return value === null || value === undefined || item.accepts(value, budget);
    },
    fromText(valueText: string): unknown {
      return isNoneText(valueText) ? null : item.fromText(valueText);
    },
    toText(value: unknown): string {
      return value === null || value === undefined ? "null" : item.toText(value);
    },
  };
}
