/** Connections of one member to others, from the addresses in its settings. */
import type { MemberContext } from "../member/member.ts";
import { HttpPeer } from "./http_peer.ts";

/** @param addresses by id, as the settings have them; the member's own is left out by `but` */
export function openPeers(
  { secret, birth, log }: Pick<MemberContext, "secret" | "birth" | "log">,
  addresses: ReadonlyMap<number, string>,
  { but = null }: { but?: number | null } = {},
): Map<number, HttpPeer> {
  const others = [...addresses].filter(([id]) => id !== but);
  return new Map(others.map(([id, url]) => {
    return [id, new HttpPeer({ url, secret, birth: birth.id, log })] as const;
  }));
}
