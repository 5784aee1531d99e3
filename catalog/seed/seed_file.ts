/**
 * Which file the products come from. The log counts from the products that
 * the store was born with, for ever; but the store's CSV is there to be
 * edited. So a member copies it into its own folder when it is born, and
 * reads that copy from then on: an edit reaches the next store, and can
 * neither change nor break this one.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../../shared/logging.ts";
import type { Store } from "../../shared/stores/store.ts";
import { UsageError } from "../../shared/usage.ts";
import { readInitialProducts } from "./seed_csv.ts";
import type { InitialProduct } from "../state/products.ts";

export interface InitialFileOptions {
  store: Store;
  /** Where the stores' CSV files are. */
  dataFolder: string;
  /** The member's own. */
  folder: string;
  log: Pick<Log, "warn">;
}

const COPY = "initial.csv";

/** @throws UsageError when the file that counts is missing or broken */
export function loadInitialProducts(options: InitialFileOptions): InitialProduct[] {
  const { store, dataFolder, folder, log } = options;
  const source = join(dataFolder, `${store.name}.csv`);
  const copy = join(folder, COPY);
  const bytes = readIfThere(source);
  const copied = readIfThere(copy);
  if (copied !== null) {
    if (bytes !== null && !bytes.equals(copied)) {
      log.warn("was edited after this store was born: the edit counts for the next one", {
        file: source,
      });
    }
    return readInitialProducts(copied, copy, store.columns);
  }
  if (bytes === null) throw new UsageError(`${source}: there is no such file`);
  const products = readInitialProducts(bytes, source, store.columns);
  writeWhole(folder, bytes);
  return products;
}

function readIfThere(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** After a crash the copy is there as a whole or not at all. */
function writeWhole(folder: string, bytes: Buffer): void {
  const temporary = join(folder, `${COPY}.tmp`);
  writeFileSync(temporary, bytes, { flush: true });
  renameSync(temporary, join(folder, COPY));
  const opened = openSync(folder, "r");
  fsyncSync(opened);
  closeSync(opened);
}
