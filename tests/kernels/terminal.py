# SPDX-License-Identifier: GPL-2.0-or-later
"""terminal.py SECONDS PROMPT LINE COMMAND...: run COMMAND on a terminal, and when PROMPT (a regular expression) shows
type LINE, once. What it says goes to standard output; its exit status is ours, 124 when SECONDS have passed."""
import os
import pty
import re
import select
import signal
import sys
import time

limit, prompt, line, *command = sys.argv[1:]
pid, terminal = pty.fork()
if not pid:
    os.execvp(command[0], command)
end, seen, typed = time.monotonic() + float(limit), b"", False
while time.monotonic() < end:
    if not select.select([terminal], [], [], 1)[0]:
        continue
    try:
        said = os.read(terminal, 4096)
    except OSError:  # EIO: the other end is closed
        break
    os.write(1, said)
    seen = (seen + said)[-8192:]
    if not typed and re.search(prompt.encode(), seen):
        os.write(terminal, line.encode() + b"\n")
        typed = True
else:
    os.kill(pid, signal.SIGTERM)
    os.waitpid(pid, 0)
    sys.exit(124)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
