// At the screen's own resolution: a canvas pixel is a pixel of the screen, also where the browser zooms. Canvases have an end: what is longer is drawn coarser.
export function fit(c: HTMLCanvasElement, width: number, height: number, k: number): CanvasRenderingContext2D {
  const dpr = Math.min(devicePixelRatio || 1, 8000 / (width * k), 8000 / (height * k)), w = Math.round(width * k * dpr), h = Math.round(height * k * dpr);
  if (c.width !== w || c.height !== h) { c.width = w; c.height = h; }
  c.style.width = `${width * k}px`; c.style.height = `${height * k}px`;
  c.style.setProperty("--mmw", String(width)); c.style.setProperty("--mmh", String(height));
  const g = c.getContext("2d")!;
  g.setTransform(k * dpr, 0, 0, k * dpr, 0, 0);
  return g;
}
