/**
 * Every key of an init.yaml with its spellings, value and purpose. Checks, hints, the schema and the reference use it.
 */
import type { SectionFormat, SectionName } from "./_key_format.ts";
import { networkFormat } from "./_network_format.ts";
import { serviceFormat } from "./_service_format.ts";

export type { KeyFormat, SectionName, ValueFormat } from "./_key_format.ts";

/** Every section. */
export const format: Readonly<Record<SectionName, SectionFormat>> = {
  file: {
    title: "The file",
    where: "at the top of the file",
    keys: {
      network: {
        description: "the nodes and the named callers",
        value: { section: "network" },
        isRequired: true,
      },
      services: {
        description: "what nodes run, by the services' names",
        value: { mapOf: "service" },
        spellings: ["service"],
        isRequired: true,
      },
      rpc: {
        description: "rpcs that several services share: those that list them by name alone",
        value: { mapOf: "rpc" },
        spellings: ["rpcs"],
      },
    },
  },
  ...networkFormat,
  ...serviceFormat,
};
