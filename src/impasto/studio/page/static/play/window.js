// A list of any length of which only the rows near the window hang: a frame costs the same for ten and for ten thousand.
const BEYOND = 500; // pixels above and below the window that hang there already

// `list` is a grid of equal tiles; `enter(at)` gives the row's element, `leave(at)` is told when it is taken down.
export function windowed(list, enter, leave) {
  let count = 0, from = 0, to = 0, columns = 1, pitch = 0, shape = 1;

  function measure() {
    if (!list.offsetWidth) return; // another view is shown
    const { gridTemplateColumns, rowGap } = getComputedStyle(list), tracks = gridTemplateColumns.split(" ");
    columns = tracks.length;
    pitch = parseFloat(tracks[0]) / shape + parseFloat(rowGap);
    look();
  }
  function look() {
    if (!pitch || !list.offsetWidth) return;
    const top = list.getBoundingClientRect().top, rows = Math.ceil(count / columns), near = (row) => Math.max(0, Math.min(rows, row));
    const above = near(Math.floor((-top - BEYOND) / pitch)), below = near(Math.ceil((innerHeight - top + BEYOND) / pitch));
    hang(above * columns, Math.min(count, Math.max(above, below) * columns));
    list.style.paddingTop = `${above * pitch}px`;
    list.style.paddingBottom = `${(rows - Math.ceil(to / columns)) * pitch}px`;
  }
  function hang(start, end) {
    const takeDown = (at) => { list.children[at - from].remove(); leave(at); };
    if (start >= to || end <= from) { while (to > from) takeDown(--to); from = to = start; }
    while (to > end) takeDown(--to);
    while (from < start) { takeDown(from); from++; }
    const before = document.createDocumentFragment(), after = document.createDocumentFragment();
    for (let at = start; at < from; at++) before.append(enter(at));
    for (let at = to; at < end; at++) after.append(enter(at));
    list.prepend(before);
    list.append(after);
    [from, to] = [start, end];
  }
  addEventListener("scroll", look, { passive: true });
  new ResizeObserver(measure).observe(list, { box: "border-box" }); // which rows come and go leave as it is
  return {
    // So many there are now; what hangs and still counts stays.
    set(many) { count = many; hang(Math.min(from, count), Math.min(to, count)); if (pitch) look(); else measure(); },
    // Width by height of a tile, once one is painted.
    shaped(ratio) { if (ratio !== shape) { shape = ratio; list.style.setProperty("--shape", ratio); measure(); } },
    // Roll the page so that a tile hangs.
    reveal(at) {
      if (at >= from && at < to) return;
      scrollBy(0, list.getBoundingClientRect().top + Math.floor(at / columns) * pitch - innerHeight / 2);
      look();
    },
    get columns() { return columns; },
    get hanging() { return [from, to]; },
  };
}
