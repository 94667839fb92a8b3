/** The init.yaml of a command that takes one as its argument: a file, or standard input. */
import { type Configuration, loadConfiguration, type LoadOptions } from "../lib/config/mod.ts";
import { limits } from "../lib/limits/mod.ts";
import { standardInputName } from "./settings.ts";
import { allOf, standardInput, textOf } from "./text_input.ts";

/**
 * Loads a file, or standard input where that is named: its paths begin in the working folder.
 *
 * @param options `text` is what {@linkcode standardText} has read already.
 */
export async function readConfiguration(
  file: string,
  options: LoadOptions = {},
): Promise<Configuration> {
  const text = options.text ?? await standardText(file);
  const name = text === undefined ? file : standardInput.name;
  return await loadConfiguration(name, { ...options, text });
}

/** Standard input, which is read once, for commands that load it twice; undefined where a file is named. */
export async function standardText(file: string): Promise<string | undefined> {
  if (file !== standardInputName) return undefined;
  return textOf(await allOf(standardInput, limits.configurationBytesMax), standardInput);
}
