// Controls made of what the command line says of its options: described once, there.
import { make } from "./base.js";

// An option as a person reads it; the command has it with its dashes.
const spoken = (flag) => flag.replace(/^--/, "").replaceAll("-", " ");

// Controls in `place`; returned is what reads them, whose `fill` sets them to a command's options.
export function controls(place, described, left_out = []) {
  const inputs = new Map();
  place.replaceChildren();
  for (const each of described.filter(({ name, kind }) => kind !== "file" && !left_out.includes(name))) {
    const id = `option-${each.name}`, input = field(each, id);
    const help = make("p", { className: "quiet", id: `${id}-help`, textContent: each.help.replace(/--([a-z][a-z-]*)/g, (flag) => `“${spoken(flag)}”`) });
    input.setAttribute("aria-describedby", help.id);
    const label = make("label", { htmlFor: id, textContent: spoken(each.flag), title: each.flag });
    place.append(make("div", { className: "field option", dataset: { find: `${each.flag} ${spoken(each.flag)} ${each.help}`.toLowerCase() } }, label, input, help));
    inputs.set(each.name, [each, input]);
  }
  const read = () => Object.fromEntries([...inputs].map(([name, [each, input]]) => [name, valueOf(each, input)]).filter(([, value]) => value !== null));
  read.fill = (options) => { for (const [each, input] of inputs.values()) fill(each, input, options); };
  return read;
}

// A command as it is shown, taken apart again: values by option, in their order.
export function optionsOf(command) {
  const found = new Map();
  for (const quoted of command.match(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g) ?? []) {
    const word = quoted.replace(/'([^']*)'|"([^"]*)"/g, "$1$2"), [, flag, value] = /^(--[a-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (flag) found.set(flag, [...(found.get(flag) ?? []), value ?? ""]);
  }
  return found;
}

// What the command does not name is as the command chooses it.
function fill(each, input, options) {
  if (each.kind === "flag") input.checked = options.has(each.flag) || (each.default === true && !options.has(each.off));
  else input.value = options.get(each.flag)?.at(-1) ?? (each.kind === "choice" ? each.default ?? "" : "");
}

function field(each, id) {
  if (each.kind === "flag") return make("input", { type: "checkbox", id, checked: each.default === true });
  if (each.kind === "choice") {
    const options = (each.default === null ? ["", ...each.choices] : each.choices).map((name) => make("option", { value: name, textContent: name || "–" }));
    const select = make("select", { id }, ...options);
    select.value = each.default ?? "";
    return select;
  }
  const numeric = each.kind === "integer" || each.kind === "number";
  const input = make("input", { id, type: numeric ? "number" : "text", placeholder: each.default ?? "", autocomplete: "off" });
  if (numeric) input.step = each.kind === "integer" ? "1" : "any";
  if (each.minimum !== null) input.min = each.minimum;
  if (each.maximum !== null) input.max = each.maximum;
  return input;
}

// What differs from the command's own choice; null where nothing does.
function valueOf(each, input) {
  if (each.kind === "flag") return input.checked === (each.default === true) ? null : input.checked;
  const text = input.value.trim();
  if (text === "" || text === String(each.default)) return null;
  return input.type === "number" ? Number(text) : text;
}

export function finding(input, place) {
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    for (const row of place.querySelectorAll("[data-find]")) row.hidden = !row.dataset.find.includes(wanted);
  });
}
