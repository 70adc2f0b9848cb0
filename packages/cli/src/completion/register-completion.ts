import { Argument, type Command } from 'commander'
import { completionScript, SHELLS, type Shell } from './completion-script.ts'

/** `bighub completion`: a script that lets a shell complete the command. */
export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .description('Print a script that completes bighub in a shell')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .addHelpText(
      'after',
      '\nbash: source <(bighub completion bash)    zsh: source <(bighub completion zsh)    fish: bighub completion fish | source',
    )
    // Commander let only known ones through.
    .action((shell: Shell) => console.log(completionScript(program, shell)))
}
