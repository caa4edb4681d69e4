"""Image files to half-blocks: every format and mode that pages use, and what is refused without decoding."""

from __future__ import annotations

import resource
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from reader.images import decode
from reader.images.decode import FORMATS, ImageError, half_blocks
from reader.images.model import ImageBox, RenderedImage
from tests.images.sample_images import BLUE, GREEN, RED, bomb, encoded, halves

BOX = ImageBox(20, 24)


def color(image: RenderedImage, cell: int, row: int) -> tuple[int, int, int]:
    """Return the color of a half-block."""
    at = 3 * (row * image.cells + cell)
    red, green, blue = image.colors[at : at + 3]
    return red, green, blue


def near(found: tuple[int, int, int], wanted: tuple[int, int, int], by: int = 40) -> bool:
    return all(abs(a - b) <= by for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_of_pages_is_read(kind: str) -> None:
    image = half_blocks(encoded(halves(), kind), BOX)
    assert (image.cells, image.lines) == (20, 5)
    assert len(image.colors) == 3 * 20 * 10
    assert near(color(image, 2, 5), RED)
    assert near(color(image, 17, 5), BLUE)


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "ICO", "PPM", "EPS", "JPEG2000"])
def test_other_formats_are_refused_although_pillow_reads_them(kind: str) -> None:
    with pytest.raises(ImageError, match="its format is not supported"):
        half_blocks(encoded(halves((64, 64)), kind), BOX)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr"])
def test_every_mode_becomes_colors(mode: str) -> None:
    kind = {"CMYK": "JPEG", "YCbCr": "JPEG"}.get(mode, "PNG")
    light = (255, 255, 255) if mode == "1" else (200, 200, 200)
    image = half_blocks(encoded(Image.new("RGB", (64, 64), light).convert(mode), kind), BOX)
    assert near(color(image, 0, 0), light, 6)


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    image = half_blocks(encoded(Image.new("I;16", (64, 64), 40_000)), BOX)
    assert near(color(image, 0, 0), (155, 155, 155), 3)  # 40,000 of 65,535


def test_cmyk_as_cameras_and_printers_write_it() -> None:
    image = half_blocks(encoded(Image.new("CMYK", (64, 64), (0, 255, 255, 0)), "JPEG"), BOX)
    assert near(color(image, 0, 0), RED)


@pytest.mark.parametrize("background", [(0, 0, 0), (250, 240, 230)])
def test_transparent_pixels_show_the_background(background: tuple[int, int, int]) -> None:
    half = Image.new("RGBA", (64, 64), (*GREEN, 255))
    half.paste((0, 0, 0, 0), (0, 0, 32, 64))
    palette = Image.new("P", (64, 64), 1)
    palette.putpalette([255, 0, 0, 0, 255, 0])
    palette.paste(0, (0, 0, 32, 64))
    files = [
        encoded(half), encoded(half, "WEBP", lossless=True), encoded(palette, "PNG", transparency=0),
        encoded(palette, "GIF", transparency=0),
    ]  # fmt: skip
    for file in files:
        image = half_blocks(file, ImageBox(72, 24, background))
        assert near(color(image, 0, 2), background, 3)
        assert near(color(image, image.cells - 1, 2), GREEN, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_is_rotated_by_its_exif_orientation(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = half_blocks(encoded(halves(), "JPEG", exif=exif), BOX)
    wide, high, rows = image.cells, image.lines, 2 * image.lines
    assert (wide, high) == ((20, 5) if orientation < 5 else (20, 20))
    left, top = color(image, 1, rows // 2), color(image, wide // 2, 1)
    red_at = {1: left, 4: left, 5: top, 6: top}.get(orientation)
    if red_at is not None:
        assert near(red_at, RED)
    else:
        assert near(left if orientation < 5 else top, BLUE)


def test_the_first_frame_of_an_animation() -> None:
    frames = [Image.new("RGB", (64, 64), each) for each in (RED, BLUE)]
    for kind in ("GIF", "WEBP", "PNG"):
        file = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        assert near(color(half_blocks(file, BOX), 3, 1), RED)


def test_a_bomb_is_refused_before_decompression() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ImageError, match="more than 40 million pixels"):
        half_blocks(bomb(), BOX)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KB


@pytest.mark.parametrize("size", [(60_000, 60_000), (14_000, 14_000), (7_000, 6_000)])
def test_too_many_pixels_are_an_error_not_a_warning(size: tuple[int, int]) -> None:
    with pytest.raises(ImageError, match="million pixels"):
        half_blocks(bomb(*size), BOX)


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (728, 2), (728, 7)])
def test_a_tracking_pixel_is_not_shown(size: tuple[int, int]) -> None:
    with pytest.raises(ImageError, match=r"^$"):
        half_blocks(encoded(Image.new("RGB", size)), BOX)
    assert half_blocks(encoded(Image.new("RGB", (8, 8))), BOX).lines == 1


@pytest.mark.parametrize("kind", FORMATS)
def test_a_truncated_file_says_so(kind: str) -> None:
    noise = Image.effect_noise((200, 200), 90).convert("RGB")
    whole = encoded(noise, kind)
    for size in (40, 150) if kind == "JPEG" else (len(whole) // 2, len(whole) * 3 // 4, 40):
        with pytest.raises(ImageError):
            half_blocks(whole[:size], BOX)


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_half_a_jpeg_is_shown(options: dict[str, bool]) -> None:
    picture = Image.effect_noise((200, 200), 90).convert("RGB")
    picture.paste(RED, (0, 0, 200, 60))
    whole = encoded(picture, "JPEG", quality=95, **options)
    image = half_blocks(whole[: len(whole) // 2], BOX)
    assert (image.cells, image.lines) == (20, 10)
    assert near(color(image, 9, 1), RED, 60)


@pytest.mark.parametrize("ink", [0, 40, 255])
@pytest.mark.parametrize("background", [(18, 18, 18), (250, 250, 250)])
def test_a_drawing_on_transparency_is_seen_on_any_theme(ink: int, background: tuple[int, int, int]) -> None:
    drawing = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    drawing.paste((ink, ink, ink, 255), (0, 0, 32, 64))
    image = half_blocks(encoded(drawing), ImageBox(72, 24, background))
    drawn, ground = color(image, 0, 2), color(image, image.cells - 1, 2)
    assert abs(drawn[0] - ground[0]) > 100
    assert near(drawn, (ink, ink, ink), 3)
    is_clear = abs(ink - background[0]) > 100
    assert near(ground, background, 3) == is_clear


def test_broken_exif_data_does_not_hide_the_image() -> None:
    file = encoded(halves(), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\x7f")
    assert (half_blocks(file, BOX).cells, half_blocks(file, BOX).lines) == (20, 5)


@given(st.sampled_from(FORMATS), st.data())
def test_a_damaged_file_gives_an_image_or_a_reason(kind: str, data: st.DataObject) -> None:
    file = bytearray(encoded(halves((40, 30)), kind))
    for _ in range(data.draw(st.integers(1, 8))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    try:
        image = half_blocks(bytes(file), BOX)
    except ImageError as error:
        assert error.message or min(Image.open(BytesIO(file), formats=FORMATS).size) < 8
    else:
        assert len(image.colors) == 6 * image.cells * image.lines
        assert image.cells <= BOX.cells
        assert image.lines <= BOX.lines


@given(st.binary(max_size=400))
def test_any_bytes_give_an_image_or_a_reason(body: bytes) -> None:
    with pytest.raises(ImageError):
        half_blocks(body, BOX)


def test_the_pixel_limit_equals_that_of_the_client() -> None:
    from reader.web.options import ClientOptions

    assert ClientOptions().image_pixels == decode.MAX_PIXELS
