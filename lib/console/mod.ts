/**
 * The console: a web page about a fleet, and its server, which the deployer's machine serves only to itself.
 *
 * This room must never print or start programs, and never trust a request for coming from this machine.
 *
 * @module
 */
export { type ConsoleOptions, ConsoleServer, serveConsole } from "./serve_console.ts";
export { formatPicture } from "./picture_text.ts";
export { type Picture, pictureOf } from "./picture.ts";
export { readFleet } from "./read_fleet.ts";
