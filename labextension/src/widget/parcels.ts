/** Texts that travel from the kernel packed and in parts, so that no message is a large one. */

/** The part of anywidget's model that carries messages. */
export interface Parcelled {
  on(event: "msg:custom", call: Listener): void;
  off(event: "msg:custom", call: Listener): void;
}

type Listener = (message: unknown, buffers: DataView[]) => void;

/** One part of a text; `id` grows with every text sent. */
interface Part {
  kind: "parcel";
  what: string;
  id: number;
  part: number;
  parts: number;
}

/**
 * Calls back with every text of a name, once all its parts are there; a newer text makes an older
 * one obsolete. Gives the function that ends it.
 */
export function receive(
  model: Parcelled,
  what: string,
  onText: (text: string) => void,
): () => void {
  let id = -1;
  let held: (DataView | undefined)[] = [];
  const listen: Listener = (message, buffers) => {
    if (!isPart(message) || message.what !== what || message.id < id) return;
    if (message.id > id) {
      id = message.id;
      held = Array.from({ length: message.parts });
    }
    held[message.part] = buffers[0];
    if (!held.every((part) => part !== undefined)) return;
    const whole = held;
    held = [undefined];
    const mine = id;
    void unpacked(whole).then((text) => {
      if (mine === id) onText(text);
    });
  };
  model.on("msg:custom", listen);
  return () => model.off("msg:custom", listen);
}

function isPart(message: unknown): message is Part {
  return (message as Partial<Part> | null)?.kind === "parcel";
}

/** The text of gzip parts in order. */
function unpacked(parts: DataView[]): Promise<string> {
  const packed = new Blob(parts as DataView<ArrayBuffer>[]).stream();
  return new Response(packed.pipeThrough(new DecompressionStream("gzip"))).text();
}
