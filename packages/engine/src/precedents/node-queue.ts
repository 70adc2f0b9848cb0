/** Nodes to be looked at, the highest bound first: a binary heap. Of equal bounds any may come first, always the same one. */
export class NodeQueue {
  /** What was popped last. */
  bound = 0
  node = 0
  missing = 0
  extra = 0
  readonly #bounds: number[] = []
  readonly #nodes: number[] = []
  /** Two counts of up to 8 bits. */
  readonly #counts: number[] = []

  push(bound: number, node: number, missing: number, extra: number): void {
    let place = this.#bounds.length
    this.#set(place, bound, node, (missing << 8) | extra)
    while (place > 0) {
      const above = (place - 1) >> 1
      if ((this.#bounds[above] ?? 0) >= bound) break
      this.#move(above, place)
      place = above
    }
    this.#set(place, bound, node, (missing << 8) | extra)
  }

  /** Takes the node with the highest bound into the fields above. @returns whether there was one. */
  pop(): boolean {
    const last = this.#bounds.length - 1
    if (last < 0) return false
    this.bound = this.#bounds[0] ?? 0
    this.node = this.#nodes[0] ?? 0
    this.missing = (this.#counts[0] ?? 0) >> 8
    this.extra = (this.#counts[0] ?? 0) & 0xff
    const bound = this.#bounds.pop() ?? 0
    const node = this.#nodes.pop() ?? 0
    const counts = this.#counts.pop() ?? 0
    if (last > 0) this.#sink(bound, node, counts)
    return true
  }

  #sink(bound: number, node: number, counts: number): void {
    const size = this.#bounds.length
    let place = 0
    for (;;) {
      let below = 2 * place + 1
      if (below >= size) break
      if (below + 1 < size && (this.#bounds[below + 1] ?? 0) > (this.#bounds[below] ?? 0)) below++
      if ((this.#bounds[below] ?? 0) <= bound) break
      this.#move(below, place)
      place = below
    }
    this.#set(place, bound, node, counts)
  }

  #move(from: number, to: number): void {
    this.#set(to, this.#bounds[from] ?? 0, this.#nodes[from] ?? 0, this.#counts[from] ?? 0)
  }

  #set(place: number, bound: number, node: number, counts: number): void {
    this.#bounds[place] = bound
    this.#nodes[place] = node
    this.#counts[place] = counts
  }
}
