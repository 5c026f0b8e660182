"""The image size in the header of a PNG or JPEG file, read before any pixel is decoded.

Neither library does: OpenCV gives no header without the pixels, and Pillow takes longer for one than OpenCV for the whole file.
"""

from struct import Struct

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
CHUNK, SEGMENT = Struct(">I4s"), Struct(">BBHBHH")
FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # kinds of JPEG segments with a size: ITU-T T.81, table B.1


def size(content: bytes) -> tuple[int, int]:
    """Return width and height in pixels; raise ValueError for other formats, animations, and damage that the header shows."""
    if content.startswith(PNG):
        return _png_size(content)
    if content.startswith(JPEG):
        return _jpeg_size(content)
    raise ValueError("is neither PNG nor JPEG" if content else "is empty")


def _png_size(content):
    """Read the chunks after the signature, of which IHDR is the first: length, kind, content, checksum (ISO 15948, 5.3)."""
    position, kind = len(PNG), b""
    while position + 12 <= len(content) and kind != b"IEND":
        length, kind = CHUNK.unpack_from(content, position)
        if kind == b"acTL":
            raise ValueError("is animated")
        position += 12 + length
    if kind != b"IEND" or position > len(content):  # OpenCV allocates the length of a chunk without a check
        raise ValueError("does not decode")
    return int.from_bytes(content[16:20]), int.from_bytes(content[20:24])


def _jpeg_size(content):
    """Read the segments after the start marker: 0xFF, kind, length; in a frame's follow precision, height and width."""
    position = len(JPEG)
    while position + 9 <= len(content):
        marker, kind, length, _, height, width = SEGMENT.unpack_from(content, position)
        if marker != 0xFF:
            break
        if kind in FRAMES:
            return width, height
        position += 1 if kind == 0xFF else 2 + length  # a marker may be preceded by any number of 0xFF
    raise ValueError("does not decode")
