// The dialog for print, on every screen that has pictures: paper in millimetres, bleed, kind of file.
import { ask, byId, showCommand, tell, trying } from "./base.js";
import texts from "/texts.js";

let subjects = [];
const paper = () => byId("print-paper").value || `${Number(byId("print-width").value)}x${Number(byId("print-height").value)}mm`;

// Pictures by id: of a favourite, a painting, or `JOB.NUMBER`.
export function offerPrint(which) { subjects = which; byId("print-dialog").showModal(); }

byId("print-paper").onchange = ({ target }) => { byId("print-own").hidden = target.value !== ""; };
byId("print-form").onsubmit = trying(async ({ submitter }) => {
  if (submitter?.value !== "go") return;
  const values = { paper: paper(), dpi: Number(byId("print-dpi").value), bleed: Number(byId("print-bleed").value),
    kind: byId("print-kind").value, fill: byId("print-fill").checked };
  for (const subject of subjects) showCommand((await ask("print", subject, values)).command);
  tell(texts.print.asked);
});
