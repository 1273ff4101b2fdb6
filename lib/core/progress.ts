/** A progress bar with rate and remaining time on a terminal; plain lines, now and then, elsewhere. */

export interface Progress {
  /** Sets how far the work is, with a few words such as `loss 0.31 acc 92.0 %`, and the total where it was not known. */
  update(done: number, note?: string, total?: number): void;
  /** A line of its own above the bar. */
  log(line: string): void;
  /** Ends the bar, leaving its last state on the screen. */
  end(note?: string): void;
}

export interface ProgressOptions {
  /** Steps at the end. */
  total: number;
  /** What is counted, for the rate: `12.3 step/s`. Default "step". */
  unit?: string;
  /** Where it is drawn. Default process.stderr, so that results on stdout stay clean. */
  stream?: NodeJS.WriteStream;
  /** Nothing is written. Default false. */
  quiet?: boolean;
  /** Steps already done before this process (a resumed run): left out of the rate. Default 0. */
  start?: number;
  /** Seconds between plain lines where the stream is not a terminal. Default 10. */
  plainEvery?: number;
}

/** Starts a progress display titled `title`. */
export function progress(title: string, options: ProgressOptions): Progress {
  const { unit = "step", stream = process.stderr, quiet = false, start = 0, plainEvery = 10 } = options;
  let { total } = options;
  const began = performance.now();
  let done = start;
  let note = "";
  let drawn = Number.NEGATIVE_INFINITY;
  const live = Boolean(stream.isTTY);
  const line = (): string => {
    const seconds = (performance.now() - began) / 1000;
    const rate = seconds > 0 ? (done - start) / seconds : 0;
    const left = rate > 0 ? duration((total - done) / rate) : "?";
    const share = total > 0 ? Math.min(1, done / total) : 1;
    const bar = live ? ` ${"█".repeat(Math.round(share * 20)).padEnd(20, "░")}` : "";
    const pace = rate >= 1 || rate === 0 ? `${rate.toFixed(1)} ${unit}/s` : `${(1 / rate).toFixed(1)} s/${unit}`;
    const time = done >= total ? `in ${duration(seconds)}` : `${left} left`;
    return `${title}${bar} ${done}/${total} ${pace} ${time}${note && `  ${note}`}`;
  };
  const draw = (force: boolean): void => {
    if (quiet) return;
    const now = performance.now();
    if (!force && now - drawn < (live ? 100 : plainEvery * 1000)) return;
    drawn = now;
    if (live) stream.write(`\r\x1b[2K${line().slice(0, (stream.columns || 80) - 1)}`);
    else stream.write(`${line()}\n`);
  };
  return {
    update(now, words, all) {
      done = now;
      if (all !== undefined) total = all;
      if (words !== undefined) note = words;
      draw(false);
    },
    log(text) {
      if (quiet) return;
      stream.write(live ? `\r\x1b[2K${text}\n` : `${text}\n`);
      if (live) draw(true);
    },
    end(words) {
      if (words !== undefined) note = words;
      draw(true);
      if (live && !quiet) stream.write("\n");
    },
  };
}

/** `42 s`, `3 min 05 s`, `2 h 10 min`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, "0")} s`;
  return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, "0")} min`;
}
