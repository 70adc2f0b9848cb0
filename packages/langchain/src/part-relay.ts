/** Between a generator tool that runs under the guard and whoever reads its parts outside. */
export interface PartRelay {
  /** Settles when there is something to read. */
  readonly opened: Promise<void>
  /** Runs a generator to its end and returns what it returns. Each part waits until it was read, as without a guard. */
  pump(parts: AsyncIterator<unknown, unknown>): Promise<unknown>
  /** The parts as they come, then the end of `running`. A reader that stops early does not stop the tool. */
  read<T>(running: Promise<T>): AsyncGenerator<unknown, T, void>
}

interface Offer {
  readonly part: unknown
  readonly take: () => void
}

/** Creates a {@link PartRelay} for one call. */
export function createPartRelay(): PartRelay {
  const opened = Promise.withResolvers<void>()
  let offered = Promise.withResolvers<Offer>()
  let isAbandoned = false

  function offer(part: unknown): Promise<void> {
    if (isAbandoned) return Promise.resolve()
    const taken = Promise.withResolvers<void>()
    offered.resolve({ part, take: taken.resolve })
    return taken.promise
  }

  return {
    opened: opened.promise,

    async pump(parts) {
      opened.resolve()
      let step = await parts.next()
      while (!step.done) {
        await offer(step.value)
        step = await parts.next()
      }
      return step.value
    },

    async *read(running) {
      const ended = running.then(
        () => null,
        () => null,
      )
      try {
        for (;;) {
          const next = await Promise.race([offered.promise, ended])
          if (!next) return await running
          offered = Promise.withResolvers<Offer>()
          try {
            yield next.part
          } finally {
            next.take()
          }
        }
      } finally {
        isAbandoned = true
        offered.promise.then(
          (left) => left.take(),
          () => undefined,
        )
      }
    },
  }
}

/** Whether a tool's output is a generator; the same test as LangChain's own. */
export function isGenerator(output: unknown): output is AsyncIterator<unknown, unknown> {
  return typeof output === 'object' && output !== null && typeof (output as { next?: unknown }).next === 'function'
}
