/**
 * What every notebook output carries of the widget: it finds the renderer on the server that the
 * notebook was opened from, or asks the kernel for it where there is none.
 */

import type { AnyModel, Render } from "@anywidget/types";
import type { Mount } from "./widget/live";
import { receive } from "./widget/parcels";
import { staticAddress } from "./widget/server";

/** The renderer's address by its content, so that browsers keep it. Filled in by the build. */
declare const RENDERER_FILE: string;

interface Renderer {
  mount: Mount;
}

let loading: Promise<Renderer> | null = null;

const render: Render = async ({ model, el }) => {
  loading ??= load(model);
  // What failed once is tried again by the next output.
  loading.catch(() => (loading = null));
  const { mount } = await loading;
  return mount(model as never, el);
};

async function load(model: AnyModel): Promise<Renderer> {
  const folder = staticAddress(document, location.href);
  if (folder !== null) {
    try {
      return (await import(folder + RENDERER_FILE)) as Renderer;
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
