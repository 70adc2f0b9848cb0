import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, runCommand } from './steps.ts'

/** A package that is published, and the archive that would be. */
export interface PackedPackage {
  readonly name: string
  readonly folder: string
  readonly tarball: string
}

const TARBALLS = join(ROOT, 'node_modules', '.cache', 'tarballs')

let packed: Promise<readonly PackedPackage[]> | undefined

/** Builds every package of the workspace and packs it as it would be published; once a process. */
export function packPackages(): Promise<readonly PackedPackage[]> {
  packed ??= pack()
  return packed
}

async function pack(): Promise<readonly PackedPackage[]> {
  // From nothing: what an earlier build left behind must not be published.
  for (const entry of readdirSync(join(ROOT, 'packages'))) {
    rmSync(join(ROOT, 'packages', entry, 'dist'), { recursive: true, force: true })
    rmSync(join(ROOT, 'packages', entry, 'node_modules', '.cache'), { recursive: true, force: true })
  }
  if ((await runCommand('tsc', ['-b', 'tsconfig.build.json'])) !== 0) throw new Error('the build failed')
  // The dashboard is part of the server's archive.
  const dashboard = join(ROOT, 'packages', 'dashboard')
  const vite = join(dashboard, 'node_modules', '.bin', 'vite')
  if ((await runCommand(vite, ['build'], { cwd: dashboard, isQuiet: true })) !== 0)
    throw new Error('the dashboard could not be built')
  rmSync(TARBALLS, { recursive: true, force: true })
  mkdirSync(TARBALLS, { recursive: true })
  const result: PackedPackage[] = []
  for (const entry of readdirSync(join(ROOT, 'packages')).toSorted()) {
    const folder = join(ROOT, 'packages', entry)
    const {
      name,
      version,
      private: isPrivate,
    } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, string>
    if (isPrivate) continue
    const code = await runCommand('pnpm', ['pack', '--pack-destination', TARBALLS], { cwd: folder, isQuiet: true })
    if (code !== 0 || !name) throw new Error(`${entry} could not be packed`)
    const file = `${name.replace('@', '').replace('/', '-')}-${version}.tgz`
    result.push({ name, folder, tarball: join(TARBALLS, file) })
  }
  return result
}
