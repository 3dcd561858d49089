/**
 * What every notebook output carries of the widget: it finds the renderer on the server that the
 * notebook was opened from, or asks the kernel for it where there is none.
 */

import type { AnyModel, Render } from "@anywidget/types";
import { receive } from "./widget/parcels";
import { staticAddress } from "./widget/server";

/** A renderer's address by its content, so that browsers keep it. Filled in by the build. */
declare const RENDERER_FILE: string;
declare const LINEAGE_FILE: string;

interface Renderer {
  mount: (model: AnyModel, el: HTMLElement) => () => void;
}

const loading = new Map<string, Promise<Renderer>>();

const render: Render = async ({ model, el }) => {
  const file = model.get("shows") === "lineage" ? LINEAGE_FILE : RENDERER_FILE;
  const loaded = loading.get(file) ?? load(model, file);
  loading.set(file, loaded);
  // What failed once is tried again by the next output.
  loaded.catch(() => loading.delete(file));
  const { mount } = await loaded;
  return mount(model, el);
};

async function load(model: AnyModel, file: string): Promise<Renderer> {
  const folder = staticAddress(document, location.href);
  if (folder !== null) {
    try {
      return (await import(folder + file)) as Renderer;
    } catch {
      // A server without Peter: the kernel has the renderer too.
    }
  }
  const script = URL.createObjectURL(
    new Blob([await received(model)], { type: "text/javascript" }),
  );
  try {
    return (await import(script)) as Renderer;
  } finally {
    URL.revokeObjectURL(script);
  }
}

function received(model: AnyModel): Promise<string> {
  return new Promise((resolve) => {
    const stop = receive(model, "renderer", (text) => {
      stop();
      resolve(text);
    });
    model.send({ kind: "ask", what: "renderer" });
  });
}

export default { render };
