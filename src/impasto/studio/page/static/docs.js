// A page of the documentation: its pictures and its neighbours are not all here.
import "./base.js";

for (const picture of document.querySelectorAll("article img")) picture.remove();
for (const link of document.querySelectorAll("article a")) {
  const found = /^(studio|paint|generate|train|prepare|collect|evaluate|compare|export|explore|print|upscale)\.md(#.*)?$/.exec(link.getAttribute("href"));
  if (found) link.href = `/docs/${found[1]}${found[2] ?? ""}`;
  else if (!link.hash || link.pathname !== location.pathname) link.replaceWith(...link.childNodes);
}
