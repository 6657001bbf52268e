// Before anything is drawn: dark or light as it was left, or else as the system is.
"use strict";
{
  let kept = null;
  try { kept = localStorage.getItem("impasto-theme"); } catch { /* the system's then */ }
  const dark = kept ? kept === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}
