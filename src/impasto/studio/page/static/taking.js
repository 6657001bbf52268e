// Pictures that were chosen or dropped: copied into a folder of the workspace, a few at once; archives are unpacked.
import { byId, many, number, post, Refusal, say, showProgress, t, tell, upload } from "./base.js";

const AT_ONCE = 3, NAMED = 3;
const PICTURE = /\.(jpe?g|png|webp|tiff?|bmp|gif|avif|hei[cf]|psd|jp2)$/i, ARCHIVE = /\.(zip|tar|tgz|tar\.gz)$/i;

function taking(words, share) {
  byId("taking").hidden = words === "";
  byId("taking-text").textContent = words;
  showProgress(byId("taking-progress"), share);
}

// Files as [file, path]; returns the folder's id, and what is to be said of it.
export async function takeIn(files, folder) {
  const archives = files.filter(([, path]) => ARCHIVE.test(path));
  try { return await (archives.length ? unpack(archives) : copy(files, folder)); } finally { taking("", null); }
}

async function unpack(archives) {
  let last = null;
  for (const [file] of archives) {
    taking(say(t.unpacking, { name: file.name }), null);
    last = await upload(file, { as: "archives" });
  }
  return { id: last.id, taken: many(t.taken, last.count), refused: "" };
}

async function copy(files, folder) {
  const hidden = ([, path]) => /(^|\/)\./.test(path); // what systems leave in folders, such as .DS_Store
  const meant = files.filter((each) => !hidden(each));
  const pictures = meant.filter(([file, path]) => file.type.startsWith("image/") || PICTURE.test(path));
  const top = folder || (pictures[0]?.[1].includes("/") ? pictures[0][1].split("/")[0] : "pictures");
  const refused = meant.filter((each) => !pictures.includes(each)).map(([, path]) => path);
  if (!pictures.length) throw new Refusal(t.no_pictures);
  const { id } = await post("/api/folders", { name: top }), waiting = pictures.toReversed();
  let done = 0, why = "";
  const worker = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [file, path] = next;
      try { await upload(file, { name: path.includes("/") ? path : `${top}/${path}`, folder: id }); } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        refused.push(path);
        why = error.message;
      }
      done++;
      taking(say(t.taking, { done: number(done), total: number(pictures.length) }), done / pictures.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (refused.length === meant.length) throw new Refusal(why || t.no_pictures);
  const names = refused.slice(0, NAMED).map((path) => path.split("/").at(-1)).join(", ") + (refused.length > NAMED ? " …" : "");
  return { id, taken: many(t.taken, meant.length - refused.length), refused: refused.length ? many(t.refused, refused.length, { names }) : "" };
}

// What was left out stays until it was read.
export const told = ({ taken, refused }) => tell([taken, refused].filter(Boolean).join(" "), { stays: Boolean(refused) });
