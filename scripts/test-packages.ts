import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PackedPackage, packPackages } from './pack-packages.ts'
import { readSnippets, type Snippet } from './readme-snippets.ts'
import { add, type Counts, countOf, ROOT, runCommand } from './steps.ts'

/** Packs every package, installs the archives into an empty project as a user would, and runs the quick start of each README. */
export async function testPackages(): Promise<Counts> {
  const packed = await packPackages()
  const project = mkdtempSync(join(tmpdir(), 'bighub-user-'))
  try {
    writeFileSync(join(project, 'package.json'), JSON.stringify(manifestOf(packed)))
    const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
    if ((await runCommand('npm', install, { cwd: project })) !== 0)
      throw new Error('the archives could not be installed')
    let counts: Counts = { passed: 1, failed: 0 }
    for (const snippet of readSnippets().filter((each) => each.isQuickStart))
      counts = add(counts, await runQuickStart(project, snippet))
    return add(counts, await runCommandLine(project))
  } finally {
    rmSync(project, { recursive: true, force: true })
  }
}

/** Our archives, and the frameworks in the versions that the workspace has, since a user brings those. */
function manifestOf(packed: readonly PackedPackage[]): object {
  const peers = packed.flatMap(({ folder }) => {
    const { peerDependencies = {} } = readManifest(folder)
    return Object.keys(peerDependencies).map((name) => [name, versionOf(folder, name)] as const)
  })
  const tarballs = packed.map(({ name, tarball }) => [name, `file:${tarball}`] as const)
  return {
    name: 'empty-project',
    private: true,
    type: 'module',
    dependencies: {
      ...Object.fromEntries(tarballs),
      ...Object.fromEntries(peers),
      '@langchain/langgraph': versionOf(join(ROOT, 'packages', 'langchain'), '@langchain/langgraph'),
      zod: versionOf(join(ROOT, 'packages', 'core'), 'zod'),
    },
    // What is not published yet is found among the archives.
    overrides: Object.fromEntries(tarballs),
  }
}

async function runQuickStart(project: string, { name, code, source }: Snippet): Promise<Counts> {
  const { folder, setup } = source
  const setupFile = join(ROOT, folder, setup)
  if (existsSync(setupFile)) copyFileSync(setupFile, join(project, setup))
  writeFileSync(join(project, `${name}.ts`), code)
  const isOk = (await runCommand('node', [`${name}.ts`], { cwd: project, isQuiet: true })) === 0
  console.log(`${isOk ? 'ok    ' : 'FAILED'} quick start of ${name}`)
  return countOf(isOk)
}

/** The installed command, by the name a user types. */
async function runCommandLine(project: string): Promise<Counts> {
  const isOk = (await runCommand('node_modules/.bin/bighub', ['demo'], { cwd: project, isQuiet: true })) === 0
  console.log(`${isOk ? 'ok    ' : 'FAILED'} bighub demo`)
  return countOf(isOk)
}

function readManifest(folder: string): { version?: string; peerDependencies?: Record<string, string> } {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version?: string }
}

function versionOf(folder: string, name: string): string {
  const { version } = readManifest(join(folder, 'node_modules', name))
  if (!version) throw new Error(`${name} is not installed in ${folder}`)
  return version
}
