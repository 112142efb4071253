"""Copies a program for Windows and makes the copy one with a console: with_console.py WINDOW.exe CONSOLE.com"""
import struct
import sys

WINDOW, CONSOLE = 2, 3


def main(source, copy):
    with open(source, "rb") as file:
        program = bytearray(file.read())
    # The offset of the header is at 0x3c; its fields are the same for 32 and 64 bits up to the subsystem.
    if program[:2] != b"MZ":
        sys.exit(f"{source} is no program for Windows")
    header = struct.unpack_from("<I", program, 0x3C)[0]
    if program[header : header + 4] != b"PE\0\0":
        sys.exit(f"{source} is no program for Windows")
    optional = header + 24
    subsystem = struct.unpack_from("<H", program, optional + 68)[0]
    if subsystem not in (WINDOW, CONSOLE):
        sys.exit(f"{source} has neither a window nor a console: subsystem {subsystem}")
    struct.pack_into("<H", program, optional + 68, CONSOLE)
    # No program that is run has a checksum that is looked at; 0 means that there is none.
    struct.pack_into("<I", program, optional + 64, 0)
    with open(copy, "wb") as file:
        file.write(program)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
