"""Prints the advance widths, in em, that test/plots/font.test.ts expects, as fontTools reads them.

usage: python font-widths.py FONT.ttf LETTERS
"""
import sys

from fontTools.ttLib import TTFont

font = TTFont(sys.argv[1])
glyphs, widths, em = font.getBestCmap(), font["hmtx"], font["head"].unitsPerEm
for letter in sys.argv[2]:
    glyph = glyphs.get(ord(letter))
    print(letter, f"{widths[glyph][0]}/{em}" if glyph else None)
