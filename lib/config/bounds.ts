/** The bounds that a configuration keeps to. */
import { limits } from "../limits/mod.ts";

/** Every bound of reading a configuration. */
export interface ConfigurationBounds {
  /** Bytes of the file. */
  readonly fileBytesMax: number;
  /** Nesting of the YAML; a legal file needs about ten. */
  readonly depthMax: number;
  /** YAML nodes that aliases may stand for in all: what a "billion laughs" file runs into. */
  readonly aliasNodesMax: number;
  /** Mistakes that are reported; a file with more is not read by a person any more. */
  readonly mistakesMax: number;
  /** Script paths that are looked up on the disk at the same time. */
  readonly lookupsAtOnceMax: number;
  /** Services in the file. */
  readonly servicesMax: number;
  /** Overloads of one service. */
  readonly overloadsPerServiceMax: number;
  /** Clients in the file. */
  readonly clientsMax: number;
  /** Characters of a name. */
  readonly nameLengthMax: number;
}

/** The bounds that hold where a caller names no others: those of a manifest, and of a sane file. */
export const configurationBounds: ConfigurationBounds = {
  fileBytesMax: limits.configurationBytesMax,
  depthMax: limits.yamlDepthMax,
  aliasNodesMax: limits.yamlAliasNodesMax,
  mistakesMax: limits.mistakesMax,
  lookupsAtOnceMax: limits.filesAtOnceMax,
  servicesMax: limits.servicesMax,
  overloadsPerServiceMax: limits.overloadsPerServiceMax,
  clientsMax: limits.clientsMax,
  nameLengthMax: limits.nameLengthMax,
};
