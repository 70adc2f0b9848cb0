import {
  type CompareFeaturesRequest,
  type DecisionApi,
  type FeatureComparison,
  type FeatureSnapshot,
  type FeatureVector,
  InvalidInputError,
  NotFoundError,
} from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import { createResource } from '../resource.ts'
import { computeFeatures, recordedFeatures } from './compute-features.ts'
import { explainFeature, featureSchema } from './named-features.ts'

/** Most snapshots of one list, the newest. */
const MOST_SNAPSHOTS = 1000

/** The named features of cases, kept in snapshots and compared (protocol §7.17). */
export function createFeaturesApi(core: EngineCore): DecisionApi['features'] {
  const { organisation } = core.storage

  async function readSnapshot(id: string): Promise<FeatureSnapshot> {
    await core.state()
    const records = await core.storage.readSubject(id)
    const found = records.find((record) => record.type === 'features_snapshotted')?.payload?.['snapshot']
    if (!found) throw new NotFoundError('snapshot', id)
    // Written by this program.
    return found as FeatureSnapshot
  }

  function readSide({ kind, id }: Side): Promise<FeatureVector> {
    return kind === 'snapshot' ? readSnapshot(id) : recordedFeatures(core, id)
  }

  return createResource('features', {
    compute: (body) => computeFeatures(core, body),

    async computeBatch({ cases }) {
      const results: FeatureVector[] = []
      for (const each of cases) results.push(await computeFeatures(core, each))
      return { results, count: results.length }
    },

    async snapshot(body) {
      const vector = await recordedFeatures(core, body.case_id)
      return core.run<FeatureSnapshot>({
        plan: () => {
          const at = core.now()
          const snapshot: FeatureSnapshot = {
            ...vector,
            snapshot_id: `fsnap_${core.newId(at)}`,
            tag: body.tag || null,
            created_at: new Date(at).toISOString(),
          }
          const record = {
            type: 'features_snapshotted',
            at,
            subject: snapshot.snapshot_id,
            kept: {},
            payload: { snapshot },
          } as const
          return { records: [record], answer: () => snapshot }
        },
      })
    },

    getSnapshot: readSnapshot,

    async listSnapshots(query) {
      const database = await core.projected()
      let found = database.selectFrom('feature_snapshots').where('organisation', '=', organisation)
      if (query.tag) found = found.where('tag', '=', query.tag)
      if (query.case_id) found = found.where('case_id', '=', query.case_id)
      const rows = await found.select('body').orderBy('seq', 'desc').limit(MOST_SNAPSHOTS).execute()
      const { n } = await found.select(({ fn }) => fn.countAll().as('n')).executeTakeFirstOrThrow()
      return { snapshots: rows.map(({ body }) => JSON.parse(body) as FeatureSnapshot), total: Number(n) }
    },

    async explain(caseId) {
      const { features } = await recordedFeatures(core, caseId)
      return {
        case_id: caseId,
        features: Object.entries(features).flatMap(([key, value]) => explainFeature(key, value) ?? []),
      }
    },

    async explainOne(caseId, key) {
      const { features } = await recordedFeatures(core, caseId)
      const explained = Object.hasOwn(features, key) ? explainFeature(key, features[key] ?? null) : null
      if (!explained) throw new NotFoundError('feature', key)
      return { case_id: caseId, ...explained }
    },

    async export(caseId) {
      return { case_id: caseId, features: (await recordedFeatures(core, caseId)).features }
    },

    async exportBatch({ case_ids: ids }) {
      const exports: { case_id: string; features: FeatureVector['features'] }[] = []
      for (const id of ids) exports.push({ case_id: id, features: (await recordedFeatures(core, id)).features })
      return { exports, count: exports.length }
    },

    async compare(body) {
      const [a, b] = [sideOf(body, 'a'), sideOf(body, 'b')]
      return compareVectors(
        { id: a.id, ...(await readSide(a)) },
        { id: b.id, ...(await readSide(b)) },
        body.changed_only ?? true,
      )
    },

    schema: async () => featureSchema(),

    async stats() {
      const database = await core.projected()
      const count = async (table: 'decisions' | 'feature_snapshots'): Promise<number> => {
        const row = await database
          .selectFrom(table)
          .where('organisation', '=', organisation)
          .select(({ fn }) => fn.countAll().as('n'))
          .executeTakeFirstOrThrow()
        return Number(row.n)
      }
      const newest = await database
        .selectFrom('decisions')
        .where('organisation', '=', organisation)
        .select('at')
        .orderBy('seq', 'desc')
        .executeTakeFirst()
      return {
        // Every recorded decision has its features.
        vectors: await count('decisions'),
        snapshots: await count('feature_snapshots'),
        features: featureSchema().features.length,
        last_computed_at: newest ? new Date(newest.at).toISOString() : null,
      }
    },
  })
}

interface Side {
  readonly kind: 'snapshot' | 'case'
  readonly id: string
}

function sideOf(body: CompareFeaturesRequest, side: 'a' | 'b'): Side {
  const snapshot = body[`snapshot_id_${side}`]
  if (snapshot) return { kind: 'snapshot', id: snapshot }
  const id = body[`case_id_${side}`]
  if (id) return { kind: 'case', id }
  throw new InvalidInputError(`case_id_${side}`, `is needed, or snapshot_id_${side}, to have two sides to compare`)
}

type Compared = Pick<FeatureVector, 'features'> & { readonly id: string }

function compareVectors(a: Compared, b: Compared, changedOnly: boolean): FeatureComparison {
  const keys = [...new Set([...Object.keys(a.features), ...Object.keys(b.features)])]
  const entries = keys.map((key) => {
    const [before, after] = [a.features[key], b.features[key]]
    return {
      key,
      ...(before === undefined ? {} : { a: before }),
      ...(after === undefined ? {} : { b: after }),
      diff: typeof before === 'number' && typeof after === 'number' ? after - before : null,
      isChanged: before !== after,
    }
  })
  const changed = entries.filter((entry) => entry.isChanged)
  return {
    a: a.id,
    b: b.id,
    changed: (changedOnly ? changed : entries).map(({ isChanged: _isChanged, ...entry }) => entry),
    total_features: keys.length,
    changed_count: changed.length,
  }
}
