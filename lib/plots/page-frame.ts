/** What a study page looks like and what its browser may do. */

/** Nothing from the network; plotly writes styles, and makes pictures for its download button. */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:";

/** Narrow texts, wide figures that scroll where the window is narrower, plain tables. */
export const FRAME_STYLE = `
body { margin: 0 auto; max-width: 1240px; padding: 24px 20px 64px; background: white; color: #222222;
  font: 16px/1.55 "DejaVu Sans", Verdana, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
h1 { font-size: 28px; line-height: 1.25; margin: 0 0 12px; }
h2 { font-size: 21px; margin: 40px 0 8px; border-top: 1px solid #dddddd; padding-top: 20px; }
p, ul { max-width: 78ch; }
a { color: #0072b2; }
code { font: 0.92em "DejaVu Sans Mono", Menlo, Consolas, monospace; background: #f3f3f3; padding: 1px 4px; }
figure { margin: 20px 0; overflow-x: auto; }
figcaption, caption { color: #555555; font-size: 14px; margin-top: 6px; max-width: 90ch; text-align: left; }
caption { caption-side: bottom; padding-top: 6px; }
table { border-collapse: collapse; font-size: 15px; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 12px; border-bottom: 1px solid #e6e6e6; vertical-align: top; }
thead th { border-bottom: 2px solid #777777; vertical-align: bottom; }
nav ul { padding-left: 20px; }
img { max-width: 100%; }
`;
