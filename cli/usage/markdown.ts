/** The generated parts of docs/cli.md: tables of options, arguments, variables and exit codes. */
import { configurationFormat } from "../../lib/config/mod.ts";
import { commands } from "./commands.ts";
import { exitCodeTexts } from "./exit_code_texts.ts";
import { globalOptions } from "./shared_options.ts";
import { type CommandSpec, defaultText, type OptionSpec } from "./spec.ts";
import { variableTexts } from "./variables.ts";

/** A part of the document between these is generated. */
const begin = "<!-- generated: ";
const end = "<!-- end -->";

/**
 * A document with its generated parts updated.
 *
 * @param parts By name. Default: those of docs/cli.md.
 * @throws {RangeError} If the document names an unknown part, or lacks the options of a command.
 */
export function withGeneratedParts(
  document: string,
  parts: ReadonlyMap<string, string> = partsOfCommands(),
): string {
  const used = new Set<string>();
  const [head, ...sections] = document.split(begin);
  const text = [
    head,
    ...sections.map((section) => {
      const [name = ""] = section.split(" -->", 1);
      const part = parts.get(name);
      const rest = section.indexOf(end);
      if (part === undefined || rest === -1) {
        throw new RangeError(`"${name}" is not a part with an end`);
      }
      used.add(name);
      return `${begin}${name} -->\n\n${part}\n\n${section.slice(rest)}`;
    }),
  ].join("");
  const missing = [...parts.keys()].filter((name) => !used.has(name));
  if (missing.length === 0) return text;
  throw new RangeError(`the document has no part "${missing.join('", "')}"`);
}

function partsOfCommands(): ReadonlyMap<string, string> {
  const shown = commands.filter(({ isHidden }) => !isHidden);
  return new Map([
    ["commands", table(["command", "what it does"], shown.map(commandRow))],
    ...shown.filter(({ args, options }) => args.length + options.length > 0)
      .map((command): [string, string] => [`options of ${command.name}`, optionTable(command)]),
    ["options of every command", optionTable({ args: [], options: globalOptions })],
    [
      "variables",
      table(["variable", "meaning"], variableTexts.map(({ name, text }) => [`\`${name}\``, text])),
    ],
    [
      "exit codes",
      table(
        ["code", "meaning"],
        [...exitCodeTexts].map(([code, { help, manual = help }]) => [String(code), manual]),
      ),
    ],
  ]);
}

/** The parts of docs/init-yaml.md: the keys of every section. */
export function partsOfConfiguration(): ReadonlyMap<string, string> {
  const sections = Object.values(configurationFormat).map(({ title, keys }) => {
    const rows = Object.entries(keys).map(([key, { description, spellings = [], isRequired }]) => [
      [key, ...spellings].map((spelling) => `\`${spelling}\``).join(", "),
      withoutTags(description),
      isRequired ? "yes" : "",
    ]);
    const hasRequired = rows.some(([, , required]) => required !== "");
    const titles = ["key", "meaning", "required"];
    const shown = hasRequired
      ? table(titles, rows)
      : table(titles.slice(0, 2), rows.map((row) => row.slice(0, 2)));
    return `### ${title}\n\n${shown}`;
  });
  return new Map([["keys", sections.join("\n\n")]]);
}

function commandRow({ name, summary }: CommandSpec): string[] {
  return [`\`farcall ${name}\``, withoutTags(summary)];
}

/** Markdown would parse text in angle brackets as HTML. */
function withoutTags(text: string): string {
  return text.replaceAll("<", "\\<");
}

function optionTable({ args, options }: Pick<CommandSpec, "args" | "options">): string {
  const rows = [
    ...args.map((argument) => rowOf(argument.name.slice(1, -1).replace("...", "…"), argument)),
    ...options.map((option) => rowOf(option.flags.replace("<", "").replace(">", ""), option)),
  ];
  const hasDefaults = rows.some(([, , otherwise]) => otherwise !== "");
  const titles = ["option", "meaning", "default"];
  return hasDefaults
    ? table(titles, rows)
    : table(titles.slice(0, 2), rows.map((row) => row.slice(0, 2)));
}

function rowOf(
  name: string,
  spec: Pick<OptionSpec, "description" | "manual" | "isRepeatable" | "default" | "variable">,
): string[] {
  const { description, manual = description, isRepeatable } = spec;
  const otherwise = defaultText(spec) ?? "";
  const meaning = isRepeatable ? `${manual}; repeatable` : manual;
  return [`\`${name}\``, withoutTags(meaning), withoutTags(otherwise)]
    .map((cell) => cell.replaceAll("|", "\\|"));
}

/** A table in the format of `deno fmt`. */
function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [titles, ...rows];
  const widths = titles.map((_, column) => Math.max(3, ...all.map((row) => row[column]!.length)));
  const lineOf = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [lineOf(titles), rule, ...rows.map(lineOf)].join("\n");
}
