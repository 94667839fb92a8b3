/** JSON with the defaults of Python's `json.dumps`, so that our bytes equal the original program's. */

export type Json = string | number | bigint | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** Writes a value in ASCII, with `, ` and `: `; undefined members are left out. */
export function writePythonJson(value: Json): string {
  switch (typeof value) {
    case "string":
      return writeString(value);
    case "object": {
      if (value === null) return "null";
      if (Array.isArray(value)) return `[${value.map(writePythonJson).join(", ")}]`;
      const members = Object.entries(value as JsonObject)
        .filter((member): member is [string, Json] => member[1] !== undefined)
        .map(([key, member]) => `${writeString(key)}: ${writePythonJson(member)}`);
      return `{${members.join(", ")}}`;
    }
    default:
      return String(value);
  }
}

function writeString(text: string): string {
  return JSON.stringify(text).replaceAll(/[^ -~]/g, escapeUnit);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
