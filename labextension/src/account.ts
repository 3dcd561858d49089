/** Who is logged in, above every page of a host that has sessions; and the way out. */

import { accountMessages } from "./messages";
import { xsrfToken } from "./page/document";
import { h } from "./renderer/dom";

const bar = document.getElementById("peter-account");
const out = bar?.querySelector("button");
if (bar && out) start(bar, out);

function start(bar: HTMLElement, out: HTMLButtonElement): void {
  const root = document.getElementById("peter");
  if (root) followTheme(bar, root);
  const failure = h("span", { role: "alert" });
  out.before(failure);
  out.addEventListener("click", () => {
    failure.textContent = "";
    out.disabled = true;
    void logOut(bar).catch(() => {
      out.disabled = false;
      failure.textContent = accountMessages.stillLoggedIn;
      out.focus();
    });
  });
}

function followTheme(bar: HTMLElement, root: HTMLElement): void {
  const follow = (): void => {
    bar.dataset.theme = root.dataset.theme ?? "light";
  };
  new MutationObserver(follow).observe(root, { attributeFilter: ["data-theme"] });
  follow();
}

/** Ends the session, and where another server keeps one, goes there to end that, too. */
async function logOut(bar: HTMLElement): Promise<void> {
  const answer = await fetch(bar.dataset.logout ?? "", {
    method: "POST",
    headers: { "X-XSRFToken": xsrfToken() ?? "" },
    credentials: "same-origin",
  });
  // 401: it had ended by itself.
  if (!answer.ok && answer.status !== 401) throw new Error(String(answer.status));
  const next = /<([^>]+)>;\s*rel="logout"/.exec(answer.headers.get("Link") ?? "");
  const place = next?.[1] ? new URL(next[1], document.baseURI) : null;
  if (place && /^https?:$/.test(place.protocol)) location.assign(place);
  else sayFarewell(bar);
}

/** Nothing that was read stays on the screen. */
function sayFarewell(bar: HTMLElement): void {
  const title = h("h1", { tabindex: "-1" }, accountMessages.loggedOut);
  const again = h("a", { href: bar.dataset.login ?? "." }, accountMessages.logInAgain);
  const page = h(
    "main",
    { class: "page" },
    title,
    h("p", {}, accountMessages.loggedOutHint),
    h("p", {}, again),
  );
  const theme = bar.dataset.theme ?? "light";
  document.title = accountMessages.loggedOut;
  history.replaceState(null, "", location.pathname);
  document.body.replaceChildren(h("div", { class: "pt", "data-theme": theme }, page));
  title.focus();
}
