/** What stands below the help of commands. */

export const examplesOfAll = `
Examples:
  farcall serve 127.0.0.1 8181     on every machine
  farcall init                     from any machine that reaches them
  farcall call math.add 2 3`;

export const examplesOfInit = `
Examples:
  farcall init
  farcall init --dry-run --only s1
  farcall init --rollback

Exit codes:
  0 success, 2 bad usage, file or script, 3 a dry run found changes, 20 node
  unreachable, 22 refused by a node, 70 internal error, 74 cannot write standard
  output`;

export const exitCodesOfStatus = `
Exit codes:
  0 all nodes answered, 2 bad usage or file, 20 a node did not answer, 23 with
  --verify: a node stores something that was not deployed, or not by a trusted key`;

export const examplesOfKeygen = `
Examples:
  farcall keygen c1                        writes c1.key and c1.pub, prints ed25519:…
  farcall call math.add 2 3 --key c1.key   as the client with that key in init.yaml
  farcall keygen --tls 10.0.0.5            writes 10.0.0.5.crt and 10.0.0.5.key, prints sha256:…`;

export const examplesOfCompletions = `
Examples:
  echo 'source <(farcall completions bash)' >> ~/.bashrc
  echo 'source <(farcall completions zsh)' >> ~/.zshrc
  farcall completions fish > ~/.config/fish/completions/farcall.fish`;

export const examplesOfCall = `
Examples:
  farcall call math.add 2 3
  farcall call math.mean '[1.5, 2]' --server 10.0.0.5:8181
  farcall call text.word_count -- '--two dashes'
  echo '[2, 3]' | farcall call math.add --args -

Exit codes:
  0 success, 2 bad usage or file, 10 Execution Exception, 11 Invalid Arguments,
  12 Service Not Found, 13 RPC Not Found, 14 Client Not Registered, 20 node
  unreachable, 21 Deadline Exceeded, 22 another exception, 70 internal error,
  74 cannot write standard output, 130 interrupted`;
