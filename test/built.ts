/** TypeScript modules as JavaScript that plain Node runs in a process of its own. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";

/**
 * Writes the module and all that it imports by relative paths into a new folder in .cache, where Node finds the
 * repository's packages. Returns the folder, to be removed by the caller, and the module's new path.
 */
export function transpile(module: string): { folder: string; script: string } {
  const root = process.cwd();
  mkdirSync(join(root, ".cache"), { recursive: true });
  const folder = mkdtempSync(join(root, ".cache", "transpiled-"));
  const target = (file: string): string => join(folder, relative(root, file).replace(/\.ts$/, ".js"));
  const waiting = [resolve(root, module)];
  const seen = new Set(waiting);
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const source = readFileSync(file, "utf8");
    const { outputText } = ts.transpileModule(source, {
      fileName: file,
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
        rewriteRelativeImportExtensions: true,
      },
    });
    mkdirSync(dirname(target(file)), { recursive: true });
    writeFileSync(target(file), outputText);
    for (const { fileName } of ts.preProcessFile(source).importedFiles) {
      const imported = resolve(dirname(file), fileName);
      if (fileName.startsWith(".") && !seen.has(imported)) {
        seen.add(imported);
        waiting.push(imported);
      }
    }
  }
  return { folder, script: target(resolve(root, module)) };
}
