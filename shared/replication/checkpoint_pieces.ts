/** Cuts a checkpoint's text into pieces that fit an answer (checkpoint_transfer.ts takes them). */
import { crc32 } from "node:zlib";
import { CHECKPOINT_PIECE_LENGTH } from "../limits.ts";
import type { Checkpoint } from "./storage/checkpoint_file.ts";
import type { CheckpointPiece } from "./core/messages.ts";

/** The checksum of a text of a hundred megabytes is worked out once. */
const CHECKSUMS = new WeakMap<Checkpoint, number>();

export function pieceOf(checkpoint: Checkpoint, offset: number): CheckpointPiece {
  const { at, text } = checkpoint;
  const checksum = CHECKSUMS.get(checkpoint) ?? crc32(text);
  CHECKSUMS.set(checkpoint, checksum);
  const piece = text.slice(offset, endOfPiece(text, offset));
  return { at, length: text.length, checksum, offset, text: piece };
}

/** Never between the halves of a character: half of one has no checksum. */
function endOfPiece(text: string, offset: number): number {
  const end = offset + CHECKPOINT_PIECE_LENGTH;
  const isHalved = end < text.length && (text.codePointAt(end - 1) ?? 0) > 0xffff;
  return isHalved ? end - 1 : end;
}
