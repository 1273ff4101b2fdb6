/** The text preparation of the project this kit began as, for its protocol. */

/**
 * Removes white space; of a text of at least 32 characters the first 16 and the last 16 stay, with a Chinese full
 * stop between them. Characters are Unicode code points. From YC-wind/bert_few_shot_learning, data.py.
 */
export function seedText(text: string): string {
  const characters = [...text.replace(/\s+/g, "")];
  if (characters.length < 32) return characters.join("");
  return `${characters.slice(0, 16).join("")}。${characters.slice(-16).join("")}`;
}
