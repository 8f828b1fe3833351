// The outlines of a 2D mask along the edges of its pixels: closed rings of corners x, y, x, y, ... in pixel corners (pixel i
// reaches from i to i + 1), outer rings clockwise on a screen, holes the other way. Pixels that touch at a corner only are
// two rings. Corners on straight lines are left out.
export function outlines(data: Uint8Array, width: number, height: number): Int32Array[] {
  // Directed edges with the inside on their right. Of each corner: the ways in which an edge leaves it, as bits.
  const corners = width + 1;
  const leaving = new Uint8Array(corners * (height + 1));
  const RIGHT = 1,
    DOWN = 2,
    LEFT = 4,
    UP = 8;
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      if (!data[i]) continue;
      const corner = x + corners * y;
      if (y === 0 || !data[i - width]) leaving[corner] |= RIGHT;
      if (x === width - 1 || !data[i + 1]) leaving[corner + 1] |= DOWN;
      if (y === height - 1 || !data[i + width]) leaving[corner + 1 + corners] |= LEFT;
      if (x === 0 || !data[i - 1]) leaving[corner + corners] |= UP;
    }
  const step = { [RIGHT]: 1, [DOWN]: corners, [LEFT]: -1, [UP]: -corners } as Record<number, number>;
  // Where two edges leave a corner, the turn to the right keeps to the same pixel.
  const turns = {
    [RIGHT]: [DOWN, RIGHT, UP],
    [DOWN]: [LEFT, DOWN, RIGHT],
    [LEFT]: [UP, LEFT, DOWN],
    [UP]: [RIGHT, UP, LEFT],
  } as Record<number, number[]>;
  const rings: Int32Array[] = [];
  for (let start = 0; start < leaving.length; start++) {
    while (leaving[start]) {
      const ring: number[] = [];
      const first = [RIGHT, DOWN, LEFT, UP].find((way) => leaving[start] & way)!;
      let at = start;
      let way = first;
      let before = 0;
      do {
        if (way !== before) ring.push(at % corners, Math.floor(at / corners));
        if (at !== start || way !== first) leaving[at] &= ~way;
        at += step[way];
        before = way;
        way = turns[way].find((turn) => leaving[at] & turn)!;
      } while (at !== start || way !== first);
      leaving[start] &= ~first;
      rings.push(Int32Array.from(ring));
    }
  }
  return rings;
}
