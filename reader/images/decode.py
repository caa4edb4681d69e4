"""Bytes of an image -> pixels or half-blocks, within limits. Runs only in worker processes.

Format and size in pixels are checked before anything is decompressed. Pillow's own warning about decompression bombs
is turned into an error.
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
from reader.images.model import RGB, ImageBox, RenderedImage, fit

MAX_PIXELS = 40_000_000
"""Pixels of an image: a photograph of 40 megapixels, 160 MB when decompressed."""
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
"""The formats that web pages use, of those that Pillow reads."""
_TOO_LARGE = f"it has more than {MAX_PIXELS // 1_000_000} million pixels"
_BROKEN = (OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, EOFError, ZeroDivisionError,
           OverflowError, RuntimeError, struct.error)  # fmt: skip
"""Raised by Pillow for broken files."""
_ORIENTATION = 0x0112  # CIPA DC-008 (Exif), table 4
_ROTATED = range(5, 9)
_SIXTEEN_BITS = 257  # 65,535 / 257 = 255
_MIN_SIDE = 8
"""Pixels; an image with a shorter side is a tracking pixel or a line."""
_JPEG_START, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
_DARK, _LIGHT = (24, 24, 24), (240, 240, 240)
"""Grounds for drawings that would hardly be seen on the background of the theme."""
_FAINT = 70
"""A difference in lightness, of 255, at which a drawing is hardly seen."""
_MARGIN = 2
"""How many times more pixels than needed each side keeps for the last scaling step, for quality."""


class ImageError(ReaderError):
    """Why an image cannot be shown; without words if there is nothing to see."""


def load_decoders() -> None:
    """Load Pillow's decoders, which would otherwise count toward the limits of the first image."""
    Image.init()


def opened(body: bytes) -> Image.Image:
    """Return an image of which only the header is read. Raises ImageError if it cannot be shown."""
    if body.startswith(_JPEG_START) and _JPEG_END not in body[-64:]:
        body += _JPEG_END  # then the decoder shows what there is of it
    with _decoding():
        image = Image.open(BytesIO(body), formats=FORMATS)
    if image.width * image.height > MAX_PIXELS:
        raise ImageError(_TOO_LARGE)
    if min(image.size) < _MIN_SIDE:
        raise ImageError("")
    return image


def displayed_size(image: Image.Image) -> tuple[int, int]:
    """Return width and height in pixels after rotation by the EXIF orientation."""
    width, height = image.size
    return (height, width) if _orientation(image) in _ROTATED else (width, height)


def pixels(image: Image.Image, size: tuple[int, int], background: RGB) -> Image.Image:
    """Return the first frame as opaque RGB of exactly ``size`` pixels on ``background``. Raises ImageError.

    A drawing that would hardly be seen on ``background`` gets a light or a dark one instead.
    """
    orientation = _orientation(image)
    width, height = (size[1], size[0]) if orientation in _ROTATED else size
    with _decoding():
        image.draft("RGB", (_MARGIN * width, _MARGIN * height))  # a JPEG need not be decompressed in full size
        image.load()
        small = _plain(image).resize((width, height), Image.Resampling.LANCZOS, reducing_gap=float(_MARGIN))
    if small.mode == "RGBA":
        on = Image.new("RGBA", small.size, (*_ground(small, background), 255))
        small = Image.alpha_composite(on, small).convert("RGB")
    return _rotated(small, orientation)


def _ground(image: Image.Image, background: RGB) -> RGB:
    """Return the color behind a transparent image: ``background``, unless most of the image is hardly seen on it."""
    opaque = image.getchannel("A").point(lambda alpha: 255 if alpha > 127 else 0)
    counts = image.convert("L").histogram(opaque)

    def faint(ground: RGB) -> float:
        lightness = _lightness(ground)
        return sum(counts[max(0, lightness - _FAINT) : lightness + _FAINT + 1]) / max(1, sum(counts))

    other = _LIGHT if _lightness(background) < 128 else _DARK
    return other if faint(background) > 0.5 > faint(other) else background


def _lightness(color: RGB) -> int:
    red, green, blue = color
    return (299 * red + 587 * green + 114 * blue) // 1000  # ITU-R BT.601, as Pillow's mode L


def _plain(image: Image.Image) -> Image.Image:
    """Return an image of any mode as RGB, or as RGBA if it may be transparent."""
    if image.mode.startswith("I;16") or image.mode == "I":  # convert() would clip at 255 instead of scaling
        scaled: Any = image.convert("I").point(lambda value: value * (1 / _SIXTEEN_BITS))
        return scaled.convert("L").convert("RGB")  # type: ignore[no-any-return]
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        return image.convert("RGBA")
    return image if image.mode == "RGB" else image.convert("RGB")


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 (upright) if the EXIF data cannot be read."""
    try:
        with _decoding():
            value = image.getexif().get(_ORIENTATION, 1)
    except ImageError:
        return 1
    return value if isinstance(value, int) and 1 <= value <= _ROTATED[-1] else 1


def _rotated(image: Image.Image, orientation: int) -> Image.Image:
    if orientation == 1:
        return image
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    image.info["exif"] = exif.tobytes()
    return ImageOps.exif_transpose(image)


def half_blocks(body: bytes, box: ImageBox) -> RenderedImage:
    """Return an image as half-blocks that fit ``box``, two pixels in each cell. Raises ImageError."""
    with opened(body) as image:
        cells, lines = fit(*displayed_size(image), box)
        small = pixels(image, (cells, 2 * lines), box.background)
    return RenderedImage(cells, lines, small.tobytes())


@contextlib.contextmanager
def _decoding() -> Iterator[None]:
    """Raise ImageError for Pillow's errors and for its warning about too many pixels; ignore its other warnings."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ImageError(_TOO_LARGE) from None
    except UnidentifiedImageError:
        raise ImageError("its format is not supported (only JPEG, PNG, GIF, WebP and AVIF are)") from None
    except _BROKEN:
        raise ImageError("it is damaged or incomplete") from None
