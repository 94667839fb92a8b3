/** The bounds of an init.yaml. */
const MiB = 1024 * 1024;

/** What a reader of one keeps to. */
export const configurationBounds = {
  /** Bytes of an init.yaml: a thousand services take some hundred kilobytes. */
  configurationBytesMax: 8 * MiB,
  /** Checked models of init.yaml files that are kept for the calls of one user, the latest: some for each project. */
  checkedModelsMax: 64,
  /** Bytes of one that is kept; larger ones are checked at each call. */
  checkedModelBytesMax: 4 * MiB,
  /** Nesting of an init.yaml; a legal one needs about ten. */
  yamlDepthMax: 64,
  /** YAML nodes that aliases may stand for in all: what a file of multiplying aliases runs into. */
  yamlAliasNodesMax: 1_000_000,
  /** Mistakes of a configuration that are reported. */
  mistakesMax: 1000,
};
