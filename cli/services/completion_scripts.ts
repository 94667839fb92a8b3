/** The completion scripts of shells, which ask `farcall complete`. */
import { printLine, UsageError } from "../output.ts";

const scripts: Readonly<Record<string, string>> = {
  bash: `_farcall() {
  local word meaning
  COMPREPLY=()
  while IFS=$'\\t' read -r word meaning; do
    COMPREPLY+=("$word")
  done < <(farcall complete -- "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
  case "\${COMPREPLY[*]}" in
    "") compopt -o default ;;
    *.) compopt -o nospace ;;
  esac
}
complete -F _farcall farcall
`,
  zsh: `#compdef farcall
_farcall() {
  local -a words_ meanings
  local word meaning
  farcall complete -- "\${LBUFFER}" 2>/dev/null | while IFS=$'\\t' read -r word meaning; do
    words_+=("$word")
    meanings+=("\${word}\${meaning:+  -- $meaning}")
  done
  if (( \${#words_} == 0 )); then
    _files
  elif [[ "\${words_[1]}" == *. ]]; then
    compadd -Q -S '' -ld meanings -a words_
  else
    compadd -Q -ld meanings -a words_
  fi
}
compdef _farcall farcall
`,
  fish: `complete -c farcall -f -a '(farcall complete -- (commandline -cp) 2>/dev/null)'
complete -c farcall -n '__fish_seen_subcommand_from init status types' -F
`,
};

/** Prints the completion script of a shell. @returns The exit code. */
export function completions(shell: string): number {
  const script = scripts[shell];
  if (script === undefined) {
    throw new UsageError(`there are completions for bash, zsh and fish; got "${shell}"`);
  }
  printLine(script.trimEnd());
  return 0;
}
