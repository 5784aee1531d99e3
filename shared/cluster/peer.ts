/**
 * Another member, as this one asks it: over HTTP (http/peer.ts) in production,
 * over a simulated network in the simulator. What is not answered fails with
 * exactly what is known of it, and nothing is ever repeated here.
 */
export interface Peer {
  readonly url: string;
  /**
   * @param body an object, or ready JSON text
   * @throws AppError as the other side answered; unavailable when nothing was sent; unknown
   */
  post<T>(path: string, body: object | string, options: { timeoutMs: number }): Promise<T>;
  /** @throws as post */
  get<T>(path: string, options: { timeoutMs: number }): Promise<T>;
  /** Fails what is under way, as unknown: no answer that matters can come any more. */
  abandon(): void;
  /** Ends its connections; what is under way fails. */
  close(): void;
}
