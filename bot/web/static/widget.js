"use strict";
// Puts the conversation into another site: a button, which opens it in a frame.

(() => {
  const script = document.currentScript;
  const { label = "?", greeting = "", color = "#0b5cad" } = script.dataset;
  const root = document.createElement("div").attachShadow({ mode: "open" });
  const style = new CSSStyleSheet();
  // A sheet that is made so is allowed where a site forbids styles within its pages.
  style.replaceSync(`
    button, iframe { position: fixed; inset-inline-end: 1rem; z-index: 2147483000; border: 0; }
    button {
      bottom: 1rem; min-width: 3rem; min-height: 3rem; padding: 0 1.1rem; border-radius: 1.5rem;
      color: #fff; font: 600 1rem system-ui, sans-serif; cursor: pointer;
    }
    button:focus-visible { outline: 3px solid currentColor; outline-offset: -6px; }
    iframe {
      bottom: 5rem; width: min(25rem, calc(100vw - 2rem)); height: min(38rem, calc(100vh - 6rem));
      border-radius: .75rem; box-shadow: 0 4px 24px #0006; color-scheme: light dark;
    }
    iframe[hidden] { display: none; }
  `);
  root.adoptedStyleSheets = [style];
  const button = document.createElement("button");
  button.textContent = label;
  button.style.background = color;
  button.setAttribute("aria-expanded", "false");
  root.append(button);

  let frame = null;
  button.addEventListener("click", () => {
    if (frame) {
      frame.hidden = !frame.hidden;
    } else {
      frame = document.createElement("iframe");
      frame.title = label;
      frame.src = new URL(`/widget?${new URLSearchParams({ greeting })}`, script.src);
      root.prepend(frame);
    }
    button.setAttribute("aria-expanded", String(!frame.hidden));
  });

  const add = () => document.body.append(root.host);
  if (document.body) add();
  else addEventListener("DOMContentLoaded", add);
})();
