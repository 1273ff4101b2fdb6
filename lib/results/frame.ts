/** Rows as a danfojs DataFrame, for notebooks; danfojs is loaded at first use. */
import type { DataFrame } from "danfojs-node";
import { columnsOf, type Row } from "./table.ts";

/** A DataFrame with the columns of all rows; a missing cell is null. */
export async function toFrame(rows: readonly Row[]): Promise<DataFrame> {
  const danfo = await import("danfojs-node");
  const columns = columnsOf(rows);
  // As columns, because danfojs drops fields that the first row lacks.
  return new danfo.DataFrame(
    rows.map((r) => columns.map((c) => r[c] ?? null)),
    { columns },
  );
}
