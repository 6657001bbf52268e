"""The screens: each is a page that its own module fills; it comes within a blink."""

from functools import cache
from importlib import resources
from pathlib import Path

from jinja2 import ChoiceLoader, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from impasto.core.pages import Templates
from impasto.core.texts import as_module, texts
from impasto.errors import ImpastoError
from impasto.reading import read_text

SCREENS = ("home", "paint", "play", "pictures", "train", "judge", "share")
"""Each with a template, a module and texts of its name."""

DOCS = {
    "home": ("studio", "threats"),
    "paint": ("paint", "repaint", "print"),
    "play": ("generate", "explore", "film", "upscale", "print"),
    "pictures": ("prepare", "collect"),
    "train": ("train", "guard"),
    "judge": ("evaluate", "compare", "recipes"),
    "share": ("export",),
}
"""Pages of the documentation about what a screen does; the first one is what errors lead to."""


@cache
def _templates() -> Templates:
    return Templates(
        loader=ChoiceLoader(
            [
                PackageLoader("impasto.studio", "page/templates"),
                PackageLoader("impasto.core", "templates"),  # the review's parts
            ]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _screen(name: str) -> "Route":
    async def answer(request: Request) -> Response:
        known = texts()
        page = (
            _templates()
            .get_template(f"{name}.html")
            .render(screen=name, screens=SCREENS, docs=DOCS[name], t=known, s=known[name], item="")
        )
        return HTMLResponse(page)

    return Route("/" if name == "home" else f"/{name}", answer, methods=["GET"])


async def _texts(_: Request) -> Response:
    return Response(as_module(texts()), media_type="text/javascript")


PARTS = {"review.css": "text/css", "review.js": "text/javascript", "wall.js": "text/javascript"}
"""Files of `prepare --review` that the screen Pictures shows a review with, besides its texts."""


async def _part(request: Request) -> Response:
    name = request.path_params["name"]
    if name == "texts.js":
        return Response(as_module(texts()["review"]), media_type="text/javascript")
    if name not in PARTS:
        raise ImpastoError("There is no such part.")
    file = resources.files("impasto.core") / "templates" / name
    return Response(file.read_bytes(), media_type=PARTS[name])


_PLACES = (Path(__file__).parent / "docs", Path(__file__).parents[3] / "docs")
"""In an installed package, and in a checkout."""


async def _docs(request: Request) -> Response:
    from markdown_it import MarkdownIt

    name = request.path_params["name"]
    shown = {each for pages in DOCS.values() for each in pages}
    found = [place / f"{name}.md" for place in _PLACES if name in shown]
    page = next((path for path in found if path.is_file()), None)
    if page is None:
        raise ImpastoError("There is no such page of the documentation here.")
    text = read_text(page, "a page of the documentation", 2**20)
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.add_render_rule("image", lambda *_: "")  # pictures of the docs are not here
    body = markdown.render(text)
    known = texts()
    content = (
        _templates()
        .get_template("docs.html")
        .render(
            screen="docs",
            screens=SCREENS,
            docs=sorted(shown),
            t=known,
            s={"title": name.capitalize()},
            body=body,
        )
    )
    return HTMLResponse(content)


def routes() -> list[Route]:
    """Every address that answers with a page."""
    return [
        *map(_screen, SCREENS),
        Route("/texts.js", _texts, methods=["GET"]),
        Route("/parts/{name}", _part, methods=["GET"]),
        Route("/docs/{name}", _docs, methods=["GET"]),
    ]
