/** A promise of the store that was broken, and how. */
export class Violation extends Error {
  override readonly name = "Violation";
  readonly promise: string;

  constructor(promise: string, message: string, options?: ErrorOptions) {
    super(`${promise}: ${message}`, options);
    this.promise = promise;
  }
}
