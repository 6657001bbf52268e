"""What a file is that is not read, and why."""

from typing import BinaryIO

from PIL import Image

from impasto.data.decode.verdict import NOT_READ, Unreadable

_SIGNATURES = (
    *(b"\xff\xd8", b"\x89PNG", b"GIF8", b"RIFF", b"II*\0", b"MM\0*", b"BM"),
    *(b"8BPS", b"qoif", b"\0\0\0\x0cjP", b"\xff\x4f\xff\x51"),
)
_HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")
_OTHERS = {
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"II\xbc\x01": "JPEG XR",
    b"v/1\x01": "OpenEXR",
    b"#?RADIANCE": "Radiance HDR",
    b"8BPS\0\x02": "PSB, a large Photoshop document",
    b"gimp xcf": "GIMP's XCF",
    b"DDS ": "DDS",
    b"SIMPLE  =": "FITS",
    b"P7\n": "PAM",
    b"PF\n": "PFM in colour",
    b"%PDF-": "PDF",
    b"%!PS": "PostScript",
    b"\xc5\xd0\xd3\xc6": "PostScript",
    b"icns": "Apple's icons",
    b"\xd7\xcd\xc6\x9a": "WMF",
    b"/* XPM": "XPM",
    b"BLP2": "BLP",
    b"BLP1": "BLP",
    b"AT&TFORM": "DjVu",
    b"\x59\xa6\x6a\x95": "Sun's raster",
    b"FUJIFILMCCD-RAW": "a camera's raw file",
    b"II*\0\x10\0\0\0CR": "a camera's raw file",
}
_ICON = b"\0\0\1\0"
_UNSUPPORTED = ("unsupported", "unknown", "unrecognized", "not supported", "cannot handle")


def unidentified(head: bytes, file: BinaryIO, formats: tuple[str, ...]) -> Unreadable:
    """The verdict on a file that Pillow does not open.

    Args:
        head: its first bytes.
        file: the whole.
        formats: those that are read, by Pillow's names.
    """
    for signature, name in _OTHERS.items():
        if head.startswith(signature):
            return Unreadable(NOT_READ, f"{name}: export it as PNG or JPEG")
    text = head.lstrip().lower()
    if text.startswith(b"version https://git-lfs"):
        return Unreadable("not an image", "a Git LFS pointer: run `git lfs pull` to get the file")
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF:
        return Unreadable("HEIC", "an iPhone's format, which is not read: export it as JPEG")
    if text.startswith((b"<!doctype html", b"<html")):
        return Unreadable("not an image", "a web page, most often an error page")
    if text.startswith((b"<svg", b"<?xml")) and b"<svg" in text:
        return Unreadable(NOT_READ, "SVG, a drawing without pixels: export it as PNG")
    cause = _cause(head, file, formats)
    if head.startswith(_ICON) and cause is not None:
        return Unreadable("corrupt", "the picture inside the icon is damaged")
    unlisted = isinstance(cause, KeyError) or isinstance(cause and cause.__cause__, KeyError)
    if unlisted or any(word in str(cause).lower() for word in _UNSUPPORTED):
        return Unreadable(NOT_READ, str(cause)[:120])
    if head.startswith(_SIGNATURES) or head[4:12] in (b"ftypavif", b"ftypavis"):
        return Unreadable("corrupt", "begins like a picture, but its header is damaged")
    if _is_tga(file):
        return Unreadable(NOT_READ, "TGA: export it as PNG or JPEG")
    return Unreadable("not an image")


def _is_tga(file: BinaryIO) -> bool:
    """Whether it is a TGA, which has no mark at its beginning and need not have one at its end."""
    file.seek(0)
    try:
        Image.open(file, formats=("TGA",)).close()
    except Exception:  # as any header may be taken for one
        return False
    return True


def _cause(head: bytes, file: BinaryIO, formats: tuple[str, ...]) -> Exception | None:
    """What the reader of the format that it begins like says; Pillow keeps that to itself."""
    start = head[:16].ljust(16, b"\0")  # of a shorter one some readers cannot say
    for name in formats:
        factory, accept = Image.OPEN[name]
        if accept is None or accept(start) is not True:
            continue
        file.seek(0)
        try:
            factory(file, "").close()
        except Exception as error:  # a stranger's header makes Pillow raise nearly anything
            return error
    return None
