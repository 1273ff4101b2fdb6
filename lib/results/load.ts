/** Rows of results from the CSV file that a study wrote. */
import { InputError } from "../core/errors.ts";
import { readText } from "../core/files.ts";
import { placeOf } from "../core/place.ts";
import { readRows } from "../data/separated.ts";
import type { Row } from "./table.ts";

/**
 * Reads rows.csv of a study: numbers as numbers, empty cells as null, the rest as text. A path such as
 * results/ablation/rows.csv is found from any folder. An InputError names file and line.
 */
export async function loadRows(path: string): Promise<Row[]> {
  const file = placeOf(path);
  const [header, ...lines] = readRows(await readText(file, "rows of results"), file);
  if (!header) throw new InputError(`${file}: it is empty; wanted a line with the names of the columns`);
  const names = header.cells;
  return lines.map(({ line, cells }) => {
    if (cells.length === names.length)
      return Object.fromEntries(names.map((name, i) => [name, cellValue(cells[i] ?? "")]));
    throw new InputError(`${file}:${line}: has ${cells.length} cells, the header has ${names.length}`);
  });
}

function cellValue(cell: string): string | number | null {
  if (cell === "") return null;
  return cell.trim() !== "" && Number.isFinite(Number(cell)) ? Number(cell) : cell;
}
