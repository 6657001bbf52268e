"""`impasto studio`: all of it in a browser."""

from pathlib import Path
from typing import Annotated

import typer


def studio(
    folder: Annotated[
        Path,
        typer.Argument(help="The workspace: the folder with runs/, painted/ and pictures/."),
    ] = Path(),
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65_535, help="[default: 8188, or the next that is free]"),
    ] = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; other machines need the token.")
    ] = "127.0.0.1",
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
) -> None:
    """Open Impasto in the browser: paint photographs, play with generators, train them.

    impasto studio

    impasto studio my-workspace --port 9000

    The page contacts no other site and works without a network. Every button runs a command, which
    the page shows. Needs: pip install 'impasto[studio]'.
    """
    from impasto.errors import ImpastoError

    try:
        import starlette as starlette
        import uvicorn as uvicorn
    except ImportError as error:
        raise ImpastoError(
            "The studio needs two more packages: pip install 'impasto[studio]'"
        ) from error
    if folder.exists() and not folder.is_dir():
        raise ImpastoError(f"{folder} is a file; name a folder for the studio to work in.")
    folder.mkdir(parents=True, exist_ok=True)

    from impasto.cli.describe import verbs_of_the_studio
    from impasto.studio.serve import serve

    serve(folder, verbs_of_the_studio(), host, port, browser)
