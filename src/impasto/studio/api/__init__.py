"""What pages ask for while they are open: a module a screen, each with its table of addresses."""

from starlette.routing import Route

from impasto.studio.api import home, jobs, judge, paint, pictures, play, share, train, uploads

SCREENS = (home, jobs, uploads, paint, pictures, play, train, judge, share)


def routes() -> list[Route]:
    """Every address that answers with data."""
    table = [row for screen in SCREENS for row in screen.ROUTES]
    return [Route(path, answer, methods=[method]) for method, path, answer in table]
