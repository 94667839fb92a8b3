/** Every command, in the order of the help. */
import { peerCommands } from "../peer/commands.ts";
import { consoleCommand } from "./console_command.ts";
import { callCommand, explainCommand, mcpCommand, typesCommand } from "./call_commands.ts";
import {
  checkCommand,
  initCommand,
  logsCommand,
  newCommand,
  schemaCommand,
  statusCommand,
} from "./deploy_commands.ts";
import { doctorCommand, keygenCommand, serveCommand } from "./node_commands.ts";
import {
  completeCommand,
  completionsCommand,
  manCommand,
  versionCommand,
} from "./shell_commands.ts";
import type { CommandSpec } from "./spec.ts";

/** All commands, including those for programs only. */
export const commands: readonly CommandSpec[] = [
  newCommand,
  serveCommand,
  initCommand,
  statusCommand,
  callCommand,
  explainCommand,
  typesCommand,
  mcpCommand,
  checkCommand,
  logsCommand,
  consoleCommand,
  schemaCommand,
  keygenCommand,
  doctorCommand,
  ...peerCommands,
  completionsCommand,
  manCommand,
  versionCommand,
  completeCommand,
];
