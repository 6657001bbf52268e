"""Archives that a browser hands over: unpacked by prepare's own bounded functions, in a helper."""

import shutil
from pathlib import Path


def unpacked(archive: str, place: str) -> tuple[int, str]:
    """(how many files may be pictures, "") or (0, what is wrong); in the helper's process.

    Args:
        archive: a ZIP or TAR, under its own name.
        place: the folder to make.
    """
    from impasto.data.files import list_files
    from impasto.errors import ImpastoError
    from impasto.prepare.archives import unpack

    desk = Path(archive).parent
    inside = desk / "pictures"
    try:
        unpack(Path(archive), inside)
        files, _ = list_files(inside, called=Path(Path(archive).name))
        inside.rename(place)
    except ImpastoError as error:
        return 0, str(error).replace(f"{desk}/", "")
    except OSError as error:
        return 0, f"{Path(archive).name} cannot be unpacked: {error.strerror or error}."
    finally:
        shutil.rmtree(desk, ignore_errors=True)
    return len(files), ""
