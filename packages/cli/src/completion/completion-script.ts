import type { Command } from 'commander'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

interface Place {
  /** Words that lead here, without the program's name. */
  readonly path: string
  /** What may come next: commands and long options. */
  readonly words: readonly string[]
}

/** A shell script that completes commands and options of a program; files elsewhere. Made from the program itself. */
export function completionScript(program: Command, shell: Shell): string {
  const name = program.name()
  const places = placesOf(program, [])
  if (shell === 'fish') return fishScript(name, places)
  const cases = places.map(({ path, words }) => `    "${path}") words="${words.join(' ')}" ;;`).join('\n')
  // zsh understands bash's way once it is told to.
  const preamble = shell === 'zsh' ? 'autoload -U +X bashcompinit && bashcompinit\n' : ''
  return `${preamble}_${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" words="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  while :; do
    case "$path" in
${cases}
    esac
    if [ -n "$words" ] || [ -z "$path" ]; then break; fi
    case "$path" in *" "*) path="\${path% *}" ;; *) path="" ;; esac
  done
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _${name} ${name}`
}

function fishScript(name: string, places: readonly Place[]): string {
  return places
    .flatMap(({ path, words }) => {
      const steps = path === '' ? [] : path.split(' ')
      const condition =
        steps.length === 0
          ? '__fish_use_subcommand'
          : steps.map((step) => `__fish_seen_subcommand_from ${step}`).join('; and ')
      return words.map((word) =>
        word.startsWith('--')
          ? `complete -c ${name} -n '${condition}' -l ${word.slice(2)}`
          : `complete -c ${name} -n '${condition}' -a ${word}`,
      )
    })
    .join('\n')
}

function placesOf(command: Command, path: readonly string[]): Place[] {
  const options = command.options.flatMap(({ long, hidden }) => (long && !hidden ? [long] : []))
  const own = { path: path.join(' '), words: [...command.commands.map((each) => each.name()), ...options] }
  return [own, ...command.commands.flatMap((each) => placesOf(each, [...path, each.name()]))]
}
