// A gate that lets so many hand-overs through at once; the others wait in their order. p-limit does the same for three
// promises more of each message. Pure.

export class Gate {
  #room = 1;
  #inside = 0;
  readonly #waiting: (() => void)[] = [];

  /** How many may be inside at once. */
  set room(room: number) {
    this.#room = room;
    this.#admit();
  }

  /** Nobody is inside, and nobody waits. */
  get isUnused(): boolean {
    return this.#inside === 0 && this.#waiting.length === 0;
  }

  async pass<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#inside < this.#room) this.#inside += 1;
    else await new Promise<void>((enter) => this.#waiting.push(enter));
    try {
      return await work();
    } finally {
      this.#inside -= 1;
      this.#admit();
    }
  }

  #admit(): void {
    while (this.#inside < this.#room) {
      const enter = this.#waiting.shift();
      if (enter === undefined) return;
      this.#inside += 1;
      enter();
    }
  }
}
