import type { ChangedField, Policy } from '@bighub/core'

/** The fields in which two policies differ, by their path; nothing where there is no older one. */
export function changesBetween(before: Policy | undefined, after: Policy): ChangedField[] {
  if (!before) return []
  const [old, present] = [flatten(before), flatten(after)]
  return [...new Set([...old.keys(), ...present.keys()])].flatMap((field) => {
    const pair = { before: old.get(field) ?? null, after: present.get(field) ?? null }
    return JSON.stringify(pair.before) === JSON.stringify(pair.after) ? [] : [{ field, ...pair }]
  })
}

function flatten(value: object, path = ''): Map<string, unknown> {
  return new Map(
    Object.entries(value).flatMap(([name, each]): [string, unknown][] =>
      typeof each === 'object' && each !== null && !Array.isArray(each)
        ? [...flatten(each, `${path}${name}.`)]
        : [[path + name, each]],
    ),
  )
}
