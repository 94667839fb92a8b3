/**
 * The fleet for agents: a server of the Model Context Protocol whose tools are the rpcs that one caller may call. Only
 * `farcall mcp` loads this room and its library. It never prints, and must never know how calls are made.
 *
 * @module
 */
export { FleetTools } from "./fleet_tools.ts";
export { serveHttp } from "./over_http.ts";
export { serveStdio } from "./over_stdio.ts";
export { checkPattern, ToolRules } from "./tool_rules.ts";
