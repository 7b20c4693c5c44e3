"""Large netlists of plain gates, read by compiled code from the bytes of the file: BLIF and Verilog.

Each reader here knows a small part of its language, and gives up at the first thing outside it: then the full reader
starts from the beginning, and finds the words for what is wrong. What they do read is what the full reader makes of
it, down to the order of the ANDs.
"""
