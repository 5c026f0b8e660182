"""What a PNG or JPEG file says of itself, before anything is decoded.

Ours, since OpenCV shows a header only together with all its pixels, and Pillow takes longer for it than OpenCV for the file.
"""

from struct import Struct

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
SEGMENT = Struct(">BBHBHH")
FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # kinds of JPEG segments with a size: ITU-T T.81, table B.1


def size(content):
    """Width and height in pixels. Raises ValueError for files of other kinds, animated ones and some that are damaged."""
    if not content:
        raise ValueError("is empty")
    if content.startswith(PNG):
        return _png_size(content)
    if content.startswith(JPEG):
        return _jpeg_size(content)
    raise ValueError("is neither PNG nor JPEG")


def _png_size(content):
    """After the signature come chunks, of which IHDR is the first: length, kind, content, checksum (ISO 15948, 5.3)."""
    position, kind = len(PNG), b""
    while position + 12 <= len(content) and kind != b"IEND":
        kind = content[position + 4 : position + 8]
        if kind == b"acTL":
            raise ValueError("is animated")
        position += 12 + _number(content, position, 4)
    if kind != b"IEND" or position > len(content):  # OpenCV takes all the memory that a chunk's length says
        raise ValueError("does not decode")
    return _number(content, 16, 4), _number(content, 20, 4)


def _jpeg_size(content):
    """After the marker of the start come segments: 0xFF, kind, length, and in a frame's the bits, the height, the width."""
    position = len(JPEG)
    while position + 9 <= len(content):
        marker, kind, length, _, height, width = SEGMENT.unpack_from(content, position)
        if marker != 0xFF:
            break
        if kind in FRAMES:
            return width, height
        position += 1 if kind == 0xFF else 2 + length  # a marker may be preceded by any number of 0xFF
    raise ValueError("does not decode")


def _number(content, position, count):
    return int.from_bytes(content[position : position + count], "big")
