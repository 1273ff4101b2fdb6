/** What a study says: a few paragraphs, tables and figures, as Markdown and as one page that opens offline. */
import type { Figure } from "../plots/figure.ts";
import { studyPage } from "../plots/page.ts";
import type { PivotTable } from "../results/pivot.ts";

export interface NamedFigure {
  /** Of its files. */
  readonly name: string;
  readonly caption: string;
  readonly figure: Figure;
}

export interface NamedTable {
  /** Of its files. */
  readonly name: string;
  /** Heading above it. */
  readonly title: string;
  readonly table: PivotTable;
}

export interface StudyReport {
  readonly title: string;
  /** Paragraphs: what was asked, and how it was measured. */
  readonly about: readonly string[];
  readonly tables: readonly NamedTable[];
  readonly figures: readonly NamedFigure[];
}

/** The text and the tables as Markdown. */
export function reportText(report: StudyReport): string {
  const tables = report.tables.flatMap(({ title, table }) => [`## ${title}`, "", table.markdown()]);
  return [`# ${report.title}`, "", ...report.about.flatMap((text) => [text, ""]), ...tables].join("\n");
}

/** Text, tables and live figures as HTML that opens offline. */
export function reportPage(report: StudyReport): Promise<string> {
  const tables = report.tables.map(({ title, table }) => ({ title, blocks: [{ table }] }));
  const figures = report.figures.map(({ caption, figure }) => ({ figure, caption }));
  return studyPage({
    title: report.title,
    intro: report.about.join("\n\n"),
    sections: [...tables, ...(figures.length ? [{ title: "Figures", blocks: figures }] : [])],
  });
}
