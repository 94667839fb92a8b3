/** Variables of the environment. */

/** Those that stand for options. */
export const variables = {
  config: "FARCALL_CONFIG",
  server: "FARCALL_SERVER",
  as: "FARCALL_AS",
  key: "FARCALL_KEY",
  timeout: "FARCALL_TIMEOUT",
} as const;

/** An option that a variable stands for. */
export type SettingName = keyof typeof variables;

/** All of them, for the manual. */
export const variableTexts: readonly { readonly name: string; readonly text: string }[] = [
  { name: variables.config, text: "the init.yaml of every command that reads one" },
  { name: variables.server, text: "--server of call, explain, types and status" },
  { name: variables.as, text: "--as of call, explain and types" },
  { name: variables.key, text: "--key of every command that has it" },
  { name: variables.timeout, text: "--timeout of call and explain" },
  { name: "NO_COLOR", text: "if it is not empty, no colours" },
  {
    name: "FORCE_COLOR",
    text: "colours even in a pipe, unless it is 0 or false; counts before NO_COLOR",
  },
];
