"""Bytes of a picture -> pixels, within bounds. With :mod:`graphics` the only user of Pillow; for worker processes.

What is known of a file before anything of it is unpacked is judged first: its format and how many pixels it says
it has. Pillow's own check is an error here, not a warning.
"""

from __future__ import annotations

import contextlib
import struct
import warnings
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from reader.core.errors import ReaderError
from reader.images.model import RGB, ImageBox, RenderedImage, fit, is_visible_size

PIXELS = 40_000_000
"""Of a picture, at most: a photograph of 40 megapixels, or 160 MB while it is unpacked."""
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
"""Of the many that Pillow reads, those that pages use."""
_BROKEN = (OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, EOFError, ZeroDivisionError,
           OverflowError, RuntimeError, struct.error)  # fmt: skip
"""What Pillow's readers raise over files that are not what they should be."""
_ORIENTATION = 0x0112  # CIPA DC-008 (Exif), table 4
_TURNED = range(5, 9)
_SIXTEEN_BITS = 257  # 65,535 is 255
_MARGIN = 2
"""Of each side, how many times more pixels are kept for the last step than it needs, for quality."""


class ImageError(ReaderError):
    """A picture that is not shown."""


class TooSmallError(ImageError):
    """A picture that is none to look at."""


def blocks(body: bytes, box: ImageBox) -> RenderedImage:
    """Return a picture as half-blocks that fit ``box``. Raises ImageError."""
    with opened(body) as image:
        cells, lines = fit(*seen_size(image), box)
        small = pixels(image, (cells, 2 * lines), box.background)
    return RenderedImage(cells, lines, small.tobytes())


def opened(body: bytes) -> Image.Image:
    """Return a picture of which the head alone is read. Raises ImageError when it is none that is shown."""
    try:
        with _quiet():
            image = Image.open(BytesIO(body), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large() from None
    except UnidentifiedImageError:
        raise ImageError("it is no picture that can be shown: JPEG, PNG, GIF, WebP and AVIF can") from None
    except _BROKEN:
        raise _broken() from None
    if image.width * image.height > PIXELS:
        raise _too_large()
    if not is_visible_size(image.width, image.height):
        raise TooSmallError("it is too small to be seen")
    return image


def seen_size(image: Image.Image) -> tuple[int, int]:
    """Return width and height in pixels as one sees it: turned as its EXIF data say."""
    width, height = image.size
    return (height, width) if _orientation(image) in _TURNED else (width, height)


def pixels(image: Image.Image, size: tuple[int, int], ground: RGB) -> Image.Image:
    """Return the first frame as opaque RGB of exactly ``size`` pixels, on ``ground``. Raises ImageError."""
    orientation = _orientation(image)
    width, height = (size[1], size[0]) if orientation in _TURNED else size
    try:
        with _quiet():
            image.draft("RGB", (_MARGIN * width, _MARGIN * height))  # a JPEG need not be unpacked whole
            image.load()
            plain = _plain(image)
            small = plain.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=float(_MARGIN))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large() from None
    except _BROKEN:
        raise _broken() from None
    if small.mode == "RGBA":
        on = Image.new("RGBA", small.size, (*ground, 255))
        small = Image.alpha_composite(on, small).convert("RGB")
    return _turned(small, orientation)


def _plain(image: Image.Image) -> Image.Image:
    """Return a picture of any mode as RGB, or as RGBA where something of it may be transparent."""
    if image.mode.startswith("I;16") or image.mode == "I":  # which convert() would cut at 255, and not scale
        scaled: Any = image.convert("I").point(lambda value: value * (1 / _SIXTEEN_BITS))
        return _rgb(scaled.convert("L"))
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        return image.convert("RGBA")
    return _rgb(image)


def _rgb(image: Image.Image) -> Image.Image:
    return image if image.mode == "RGB" else image.convert("RGB")


def _orientation(image: Image.Image) -> int:
    """Return how a picture is to be turned, 1 to 8; 1, as it is, where its EXIF data cannot be read."""
    try:
        with _quiet():
            value = image.getexif().get(_ORIENTATION, 1)
    except _BROKEN:
        return 1
    return value if isinstance(value, int) and 1 <= value <= _TURNED[-1] else 1


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    if orientation == 1:
        return image
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    image.info["exif"] = exif.tobytes()
    return ImageOps.exif_transpose(image)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Make an error of Pillow's warning of too many pixels, and nothing of its others: files are odd in many ways."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def _too_large() -> ImageError:
    return ImageError(f"it has more than {PIXELS // 1_000_000} million pixels")


def _broken() -> ImageError:
    return ImageError("it is damaged or not whole")
