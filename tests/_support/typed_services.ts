/** Services for generated types, with names and types of every kind. */
export const typedServices = [
  {
    name: "math",
    description: "sums\n  and more */ here",
    overloads: [
      { rpc: "add", description: "adds", args: ["int", "int"], returns: ["int"] },
      { rpc: "add", args: ["str", "str"], returns: ["str"] },
      { rpc: "divide", args: ["int", "int"], names: ["dividend", "new"], returns: ["int", "int"] },
      { rpc: "stop", args: [], returns: [] },
    ],
  },
  {
    name: "odd-name",
    overloads: [{
      rpc: "all-types",
      args: [
        "List[int]",
        "Optional[Tuple[bytes, List[Optional[str]]]]",
        "Dict[str, float]",
        "None",
      ],
      returns: ["Dict[str, List[Optional[bool]]]"],
    }],
  },
];
