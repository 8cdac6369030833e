#!/usr/bin/env bash
# ECGs on paper: what is a millimetre on the screen of the one who draws has to be one on paper. A record of known shape is drawn, and the PDF's own numbers are read back.
. "$(dirname "$0")/lib.sh"
python3 "$here/ecg_paper.py" "$HOLDFAST" "$work"
