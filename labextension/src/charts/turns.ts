/**
 * Charts are drawn one after another: those in sight or near it at once, with pauses in which the
 * page answers; the others when it is idle, what is nearest first.
 */

/** What a chart is drawn into. */
export interface Room {
  /** Width and height in pixels. */
  size: readonly [number, number];
  font: string;
}

interface Turn {
  run: (room: Room) => Promise<void>;
  drop: () => void;
}

/** Milliseconds of drawing before the page may answer and show what is done. */
const STRETCH = 100;
/** Milliseconds after which a page that is never idle goes on. */
const PATIENCE = 200;

const waiting = new Map<HTMLElement, Turn>();
let busy = false;

/**
 * Runs a job in its element's turn and gives what it gives. Rejects where a newer job for the
 * same element came before its turn, or the element is gone by then.
 */
export function inTurn<T>(element: HTMLElement, job: (room: Room) => Promise<T>): Promise<T> {
  waiting.get(element)?.drop();
  const attached = element.isConnected;
  return new Promise<T>((resolve, reject) => {
    const drop = (): void => reject(new Error("The chart is drawn anew, or no longer shown."));
    const run = async (room: Room): Promise<void> => {
      if (attached && !element.isConnected) drop();
      else await job(room).then(resolve, reject);
    };
    waiting.set(element, { run, drop });
    if (busy) return;
    busy = true;
    // All that is asked for in one go is measured in one go.
    queueMicrotask(() => void work());
  });
}

window.addEventListener("beforeprint", () => {
  for (const element of [...waiting.keys()]) void take(element, roomOf(element));
});

async function work(): Promise<void> {
  for (let near = nearSight(); near.length > 0; near = nearSight()) {
    let began = performance.now();
    for (const [element, room] of near) {
      await take(element, room);
      if (performance.now() - began < STRETCH) continue;
      await pause();
      began = performance.now();
    }
  }
  if (waiting.size === 0) busy = false;
  else whenIdle(() => void next());
}

/** One that is further away, then whatever has come near. */
async function next(): Promise<void> {
  const nearest = places()[0]?.element;
  if (nearest) await take(nearest, roomOf(nearest));
  await work();
}

async function take(element: HTMLElement, room: Room): Promise<void> {
  const turn = waiting.get(element);
  waiting.delete(element);
  await turn?.run(room);
}

/** What is in sight or within half a window of it, measured before any of it is drawn. */
function nearSight(): [HTMLElement, Room][] {
  const near = places().filter(({ away }) => away <= window.innerHeight / 2);
  return near.map(({ element }) => [element, roomOf(element)]);
}

/** What waits, with the pixels it is above or below what is seen, the nearest first. */
function places(): { element: HTMLElement; away: number }[] {
  if (waiting.size === 0) return [];
  const printing = matchMedia("print").matches;
  return [...waiting.keys()]
    .map((element) => ({ element, away: printing ? 0 : awayOf(element) }))
    .sort((a, b) => a.away - b.away);
}

function awayOf(element: HTMLElement): number {
  // Nobody scrolls in a picture.
  if (element.closest(".pt-picture, .pt-print")) return 0;
  const { top, bottom, width, height } = element.getBoundingClientRect();
  // Lab attaches what it shows after it was made.
  if (width === 0 || height === 0) return Infinity;
  return Math.max(top - window.innerHeight, -bottom, 0);
}

function roomOf(element: HTMLElement): Room {
  const font = getComputedStyle(element).fontFamily || "system-ui, sans-serif";
  // What has no size yet is drawn for one of its own: none at all is a step a category to Vega-Lite.
  const size = [Math.max(element.clientWidth, 1), Math.max(element.clientHeight, 1)] as const;
  return { size, font };
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => resolve();
    channel.port2.postMessage(null);
  });
}

function whenIdle(run: () => void): void {
  // Safari has no word for it.
  const { requestIdleCallback } = window as Partial<Window & typeof globalThis>;
  if (requestIdleCallback) requestIdleCallback(run, { timeout: PATIENCE });
  else setTimeout(run, PATIENCE / 4);
}
