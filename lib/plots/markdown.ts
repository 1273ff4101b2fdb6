/** The little Markdown that study texts are written in, as HTML; everything else is shown letter by letter. */
import { escapeHtml } from "../results/html.ts";

/** Paragraphs parted by empty lines, lists of lines that begin with `- `, `code`, **bold**, *emphasis*, [links](https://...). */
export function markdownHtml(text: string): string {
  return text
    .split(/\n\s*\n/)
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => (/^- /.test(part) ? listHtml(part) : `<p>${inlineHtml(part)}</p>`))
    .join("\n");
}

function listHtml(part: string): string {
  const items = part.replace(/^- /, "").split(/\n- /);
  return `<ul>\n${items.map((item) => `<li>${inlineHtml(item)}</li>`).join("\n")}\n</ul>`;
}

/** Marks inside a paragraph. Code is taken out first, so that nothing in it is a mark. */
export function inlineHtml(text: string): string {
  return text
    .split(/(`[^`]+`)/)
    .map((part) => (/^`.+`$/s.test(part) ? `<code>${escapeHtml(part.slice(1, -1))}</code>` : marked(escapeHtml(part))))
    .join("");
}

/** Works on escaped text: what it adds are the only tags. */
function marked(text: string): string {
  return text
    .replace(/\[([^\]]+)\]\(((?:https?:\/\/|#|\.{0,2}\/)?[^\s():]+(?:[:()][^\s()]*)*)\)/g, link)
    .replace(/\*\*([^*]+)\*\*/g, "<strong>$1</strong>")
    .replace(/\*([^*\s][^*]*)\*/g, "<em>$1</em>");
}

/** Only addresses of the web and of files beside the page: no `javascript:`. */
function link(all: string, words: string, address: string): string {
  return /^(https?:\/\/|[^:]*$)/.test(address) ? `<a href="${address}">${words}</a>` : all;
}
