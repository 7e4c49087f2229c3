// The words of a generated file, taken one after the other. Whoever reads asks for what he knows; anything
// else is an error that names it, so that a template's change which no test understands fails the tests.

export class Words {
  private next = 0;

  constructor(private readonly words: string[]) {}

  get done(): boolean {
    return this.next >= this.words.length;
  }

  take(): string {
    const word = this.words[this.next++];
    if (word === undefined) throw this.unknown('the end');
    return word;
  }

  /** Takes the words if they are the next ones. */
  skip(...words: string[]): boolean {
    if (words.some((word, index) => this.words[this.next + index] !== word)) return false;
    this.next += words.length;
    return true;
  }

  expect(...words: string[]): void {
    for (const word of words) if (!this.skip(word)) throw this.unknown(`${word} expected`);
  }

  /** The next word, of a known form. */
  match(form: RegExp): string {
    const word = this.take();
    if (new RegExp(`^(?:${form.source})$`).test(word)) return word;
    this.next -= 1;
    throw this.unknown(`${form} expected`);
  }

  unknown(why = 'not known'): Error {
    const line = this.words.slice(Math.max(0, this.next - 8), this.next + 1).join(' ');
    return new Error(`the tracer does not understand: ${JSON.stringify(line)} (${why})`);
  }
}
