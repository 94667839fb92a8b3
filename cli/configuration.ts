/** The init.yaml that a command takes as its argument: a file, or standard input. */
import { type Configuration, loadConfiguration, type LoadOptions } from "../lib/config/mod.ts";
import { limits } from "../lib/limits/mod.ts";
import { standardInputName } from "./settings.ts";
import { allOf, standardInput, textOf } from "./text_input.ts";

/**
 * Loads a file, or standard input if that is named; its relative paths then start in the working folder.
 *
 * @param options `text` is the result of {@linkcode standardText}.
 */
export async function readConfiguration(
  file: string,
  options: LoadOptions = {},
): Promise<Configuration> {
  const text = options.text ?? await standardText(file);
  const name = text === undefined ? file : standardInput.name;
  return await loadConfiguration(name, { ...options, text });
}

/** Standard input, which can be read only once, for commands that load it twice; undefined if a file is named. */
export async function standardText(file: string): Promise<string | undefined> {
  if (file !== standardInputName) return undefined;
  return textOf(await allOf(standardInput, limits.configurationBytesMax), standardInput);
}
