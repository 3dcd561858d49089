/**
 * Charts are drawn one after another: those in sight at once, with pauses in which the page
 * answers; the others when it is idle, what is nearest to the sight first.
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
  for (let seen = inSight(); seen.length > 0; seen = inSight()) {
    let began = performance.now();
    for (const [element, room] of seen) {
      await take(element, room);
      if (performance.now() - began < STRETCH) continue;
      await pause();
      began = performance.now();
    }
  }
  if (waiting.size === 0) busy = false;
  else whenIdle(() => void next());
}

/** One that is not in sight, then whatever has come into it. */
async function next(): Promise<void> {
  const [nearest] = [...waiting.keys()].sort((a, b) => away(a) - away(b));
  if (nearest) await take(nearest, roomOf(nearest));
  await work();
}

async function take(element: HTMLElement, room: Room): Promise<void> {
  const turn = waiting.get(element);
  waiting.delete(element);
  await turn?.run(room);
}

function inSight(): [HTMLElement, Room][] {
  const seen = [...waiting.keys()].filter((element) => away(element) === 0);
  return seen.map((element) => [element, roomOf(element)]);
}

/** How far an element is above or below what is seen, in pixels; none of a picture is. */
function away(element: HTMLElement): number {
  if (element.closest(".pt-picture, .pt-print") || matchMedia("print").matches) return 0;
  const { top, bottom, width, height } = element.getBoundingClientRect();
  // Lab attaches what it shows after it was made.
  if (width === 0 || height === 0) return Infinity;
  return Math.max(top - window.innerHeight, -bottom, 0);
}

function roomOf(element: HTMLElement): Room {
  const font = getComputedStyle(element).fontFamily || "system-ui, sans-serif";
  return { size: [element.clientWidth, element.clientHeight], font };
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
