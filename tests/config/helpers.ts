/** Shared by the tests of lib/config: one good file, and mistakes as short texts. */
import assert from "node:assert/strict";
import { InvalidConfiguration } from "../../lib/errors/mod.ts";
import { assertSchemaAgrees } from "./_schema.ts";
import {
  type Configuration,
  type ConfigurationBounds,
  parseConfiguration,
} from "../../lib/config/mod.ts";

/** A file without mistakes; tests replace parts of it. */
export const good = `network:
  servers:
    s1: { ip: 127.0.0.1, port: 8181 }
    s2: { ip: 127.0.0.1, port: 8282 }
  clients:
    c1: { ip: 127.0.0.1 }
    c2: { ip: 127.0.0.1 }
services:
  math:
    providers: [s1, s2]
    tenants: [c1, c2]
    rpcs:
      add:
        - { args: [int, int], returns: [int], src: services/math/add.ts }
        - { args: [str, str], returns: [str], src: services/math/concat.ts }
`;

/** The good file with replacements; the replaced texts must exist. */
export function goodWith(...replacements: readonly (readonly [string, string])[]): string {
  let text = good;
  for (const [from, to] of replacements) {
    if (!text.includes(from)) throw new Error(`the good file has no "${from}"`);
    text = text.replace(from, () => to);
  }
  return text;
}

/** The good file with another section `services`. */
export function goodWithServices(services: string): string {
  return good.slice(0, good.indexOf("services:")) + services;
}

/** Parses as `init.yaml` in the folder /srv. */
export function parse(text: string, bounds: Partial<ConfigurationBounds> = {}): Configuration {
  return parseConfiguration(text, { file: "init.yaml", folder: "/srv", bounds });
}

/** Every mistake in a text, as `line:column message (hint)`. The schema agrees, as far as it can. */
export function mistakesIn(text: string, bounds: Partial<ConfigurationBounds> = {}): string[] {
  const mistakes = mistakesOf(text, bounds);
  if (Object.keys(bounds).length === 0) assertSchemaAgrees(text, mistakes);
  return mistakes;
}

/** Asserts that a text has exactly these mistakes, in this order. */
export function assertMistakes(text: string, expected: readonly RegExp[]): void {
  const found = mistakesIn(text);
  assert.equal(found.length, expected.length, found.join("\n"));
  for (const [index, pattern] of expected.entries()) assert.match(found[index], pattern);
}

function mistakesOf(text: string, bounds: Partial<ConfigurationBounds>): string[] {
  try {
    parse(text, bounds);
  } catch (error) {
    if (!(error instanceof InvalidConfiguration)) throw error;
    return error.diagnostics.map(({ line, column, message, hint }) =>
      `${line}:${column} ${message}${hint === undefined ? "" : ` (${hint})`}`
    );
  }
  return [];
}

/** A model without its positions, to compare spellings. */
export function withoutPlaces(configuration: Configuration): unknown {
  return JSON.parse(JSON.stringify(configuration, (key, value) => {
    if (key === "position") return undefined;
    return value instanceof Map ? [...value] : value;
  }));
}
