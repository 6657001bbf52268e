// A page of the documentation: its neighbours are not all here.
import "./base.js";

const known = document.body.dataset.docs.split(" ");
for (const link of document.querySelectorAll("article a")) {
  const found = /^([a-z-]+)\.md(#.*)?$/.exec(link.getAttribute("href"));
  if (found && known.includes(found[1])) link.href = `/docs/${found[1]}${found[2] ?? ""}`;
  else if (!link.hash || link.pathname !== location.pathname) link.replaceWith(...link.childNodes);
}
