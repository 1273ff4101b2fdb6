/** Where the packages that draw figures keep their files: plotly.js for pages, fonts for pictures. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { packageRoot } from "../core/place.ts";

/** `require` as it works in the kit's own folder, wherever the program runs. */
export function kitRequire(): NodeJS.Require {
  return createRequire(join(packageRoot(), "package.json"));
}

/** The minified plotly.js that pages and static pictures are drawn with. */
export function plotlyPath(): string {
  return kitRequire().resolve("plotly.js/plotly.min.js");
}

/** Fonts in the order in which a letter is looked for: DejaVu Sans, its bold, ZCOOL XiaoWei for Chinese. */
export function fontPaths(): [regular: string, bold: string, chinese: string] {
  const { resolve } = kitRequire();
  return [
    resolve("dejavu-fonts-ttf/ttf/DejaVuSans.ttf"),
    resolve("dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf"),
    resolve("@expo-google-fonts/zcool-xiaowei/400Regular/ZCOOLXiaoWei_400Regular.ttf"),
  ];
}
