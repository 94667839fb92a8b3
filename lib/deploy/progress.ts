/** Progress reports of a deployment. */
export interface DeployProgress {
  /** `done` of `total` nodes (scripts for `bundle`) have passed this step; it begins with 0. */
  step(
    name: "bundle" | "observe" | "send" | "stage" | "commit",
    done: number,
    total: number,
  ): void;
}
