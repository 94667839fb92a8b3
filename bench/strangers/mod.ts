/** Every load, by family. A new family is a file here and a line below. */
import type { Load } from "./_load.ts";
import * as deployers from "./deployers.ts";
import * as floods from "./floods.ts";
import * as frames from "./frames.ts";
import * as heavy from "./heavy.ts";
import * as memory from "./memory.ts";
import * as refusals from "./refusals.ts";
import * as requests from "./requests.ts";
import * as resets from "./resets.ts";
import * as text from "./text.ts";
import * as waiting from "./waiting.ts";

export const families: Readonly<Record<string, readonly Load[]>> = {
  waiting: waiting.loads,
  resets: resets.loads,
  refusals: refusals.loads,
  floods: floods.loads,
  requests: requests.loads,
  memory: memory.loads,
  text: text.loads,
  heavy: heavy.loads,
  frames: frames.loads,
  deployers: deployers.loads,
};
