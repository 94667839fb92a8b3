/** Commands for the shell: completions, man, version, and complete, which completion scripts run. */
import type { CommandSpec } from "./spec.ts";
import { jsonOptions } from "./shared_options.ts";

/** `farcall completions`. */
export const completionsCommand: CommandSpec = {
  name: "completions",
  summary: "print a shell's completion script for farcall",
  args: [{ name: "<SHELL>", description: "bash, zsh or fish" }],
  options: [],
  more: `
Examples:
  echo 'source <(farcall completions bash)' >> ~/.bashrc
  echo 'source <(farcall completions zsh)' >> ~/.zshrc
  farcall completions fish > ~/.config/fish/completions/farcall.fish`,
  async run({ args: [shell] }) {
    const { completions } = await import("../services/completion_scripts.ts");
    return completions(shell);
  },
};

/** `farcall complete`: candidates for the end of a line. */
export const completeCommand: CommandSpec = {
  name: "complete",
  summary: "print completions of a command line",
  args: [{ name: "<LINE>", description: "the line up to the cursor" }],
  options: [],
  isHidden: true,
  async run({ args: [line] }, all) {
    const { complete } = await import("../services/complete.ts");
    return await complete(line, all);
  },
};

/** `farcall man`. */
export const manCommand: CommandSpec = {
  name: "man",
  summary: "print the man page of farcall",
  args: [],
  options: [],
  more: `
Examples:
  farcall man | man -l -
  farcall man > /usr/local/share/man/man1/farcall.1`,
  async run(_, all) {
    const { printManPage } = await import("./man_page.ts");
    return printManPage(all);
  },
};

/** `farcall version`. */
export const versionCommand: CommandSpec = {
  name: "version",
  summary: "print the version",
  args: [],
  options: jsonOptions,
  async run({ options }) {
    const { printVersion } = await import("./version.ts");
    return printVersion(options);
  },
};
